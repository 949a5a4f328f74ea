import type { Failure } from '../../core/failure.ts'
import { mayPublish } from '../../core/merge/may-publish.ts'
import { outcomeOf } from '../../core/task/outcome.ts'
import type { Parking, Task } from '../../core/task/task.ts'
import { mergeView } from '../../core/task/view.ts'
import { placeFork } from '../record/place-fork.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { recordedWork, unmergedBy } from './waiting-work.ts'

/**
 * Records the end of a task that has no machine now. What an earlier one left, before the task was parked, stays at its ref. A fork has its
 * clone in place then, so that it can go on, and nothing takes its folder for one that holds no work.
 */
export async function endTask(record: TaskRecord, failure: Failure): Promise<void> {
  await placeFork(record)
  const commit = record.task.work?.ref == null ? null : record.task.work.commit
  const verdict = mayPublish({ ...recordedWork(record.task, commit, null), succeeded: false }, 'merge', 'policy')
  if (commit !== null && verdict.kind === 'no') {
    const merge = unmergedBy(verdict)
    await record.add({ type: 'merge-tried', merge, by: 'policy' })
    await record.write(record.files.mergeResult, mergeView(record.task.id, merge))
  }
  await record.add({ type: 'finished', outcome: outcomeOf(withWayOn(record.task, failure), null) })
}

/** A fork cannot be run again, and has all to go on with. */
const withWayOn = ({ fork }: Task, failure: Failure): Failure =>
  fork && failure.code === 'interrupted' ? { ...failure, hint: 'continue_task has it go on' } : failure

/** Why a task was parked that had begun to go on and has no machine yet; null for a task that was never parked. */
export const lastParking = ({ task }: TaskRecord): Parking | null => task.parkings.at(-1) ?? null

/** Has such a task wait again, as if it had not begun to go on. */
export async function parkAgain(record: TaskRecord, parking: Parking): Promise<void> {
  await record.add({ type: 'parked', parking: { ...parking, until: new Date().toISOString() } })
}
