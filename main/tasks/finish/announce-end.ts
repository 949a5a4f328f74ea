import { pathList, toldPaths } from '../../core/bounded-list.ts'
import { listBounds } from '../../core/bounds.ts'
import { taskView } from '../../core/task/view.ts'
import type { EventLog } from '../events/event-log.ts'
import type { EndEvent } from '../events/logged-event.ts'
import type { TaskRecord } from '../record/task-record.ts'

/** Announces each end of a task once, whatever crashes: a log that has it already gets no second event. */
export async function announceEnd(record: TaskRecord, events: EventLog): Promise<void> {
  const { task } = record
  const view = taskView(task)
  const end: EndEvent = {
    type: view.status === 'completed' ? 'completed' : 'failed',
    taskId: task.id,
    repo: task.repo,
    owner: task.owner,
    result: view.result,
    mergeResult: view.merge_result,
    error: view.error,
    ...(view.notes.length > 0 && { notes: toldPaths(pathList(view.notes, listBounds.notesTold)) }),
  }
  const logged = (await events.endOf(task)) ?? (await record.patiently('the end', () => events.append(end)))
  await record.add({ type: 'announced', seq: logged.seq })
}
