import { toFailure } from '../../core/failure.ts'
import type { SlotId } from '../../core/task/task.ts'
import { endTask } from '../finish/end-task.ts'
import type { TaskRecord } from '../record/task-record.ts'
import type { Provisions } from '../slots/provisions.ts'
import { type MachineSource, type RunEnd, type RunnerContext, runTask } from './task-runner.ts'

/**
 * Runs a task whose turn has come. What it is given is decided now: the key may have changed while it waited.
 * Like `runTask`, it makes a failure the task's outcome.
 */
export async function runQueued(
  context: RunnerContext & { readonly provisions: (repoPath: string) => Promise<Provisions> },
  record: TaskRecord,
  slot: SlotId,
  source: MachineSource,
  stop: AbortSignal,
  detach: AbortSignal,
): Promise<RunEnd> {
  let provisions: Provisions
  try {
    provisions = await context.provisions(record.task.repoPath)
  } catch (error) {
    await endTask(record, toFailure(error))
    return 'finished'
  }
  if (detach.aborted) return 'left' // It waits on, for the next start.
  await record.add({ type: 'slot-leased', slot })
  return await runTask(context, record, provisions, slot, source, stop, detach)
}
