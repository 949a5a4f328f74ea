import { toFailure } from '../../core/failure.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import { endTask } from '../finish/end-task.ts'
import type { Provisions } from '../slots/provisions.ts'
import { clearShare } from './clear-share.ts'
import type { RunEnd, TaskRun } from './task-run.ts'
import { runTask } from './task-runner.ts'

/**
 * Runs a task whose turn has come. What it is given is decided now: the key may have changed while it waited.
 * Like `runTask`, it makes a failure the task's outcome.
 */
export async function runQueued(
  run: Omit<TaskRun, 'provisions' | 'secret'>,
  {
    provide,
    base,
  }: {
    readonly provide: (repoPath: string) => Promise<Provisions>
    /** Where it starts, where the tasks that it came after decided that. */
    readonly base?: TaskBase | undefined
  },
): Promise<RunEnd> {
  const { record, slot, detach } = run
  let provisions: Provisions
  try {
    provisions = await provide(record.task.repoPath)
    // What an earlier guest left must not speak for the next one, also where a crash comes before that one's share is laid down.
    await clearShare(record.files.share)
  } catch (error) {
    await endTask(record, toFailure(error))
    return 'finished'
  }
  if (detach.aborted) return 'left' // It waits on, for the next start.
  if (base) await record.add({ type: 'base-chosen', base })
  await record.add({ type: 'slot-leased', slot })
  return await runTask({ ...run, provisions, secret: provisions.key.value })
}
