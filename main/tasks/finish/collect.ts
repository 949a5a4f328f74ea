import type { Failure } from '../../core/failure.ts'
import type { SalvagedWork } from '../../core/merge/merge.ts'
import type { TaskResult } from '../../core/task/task.ts'
import type { Log } from '../../lib/log.ts'
import { WorkerDied } from '../../worker/worker-died.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { keepStream, readResult } from '../run/ask-worker.ts'
import { salvageTask } from './salvage-task.ts'

/** What a guest left, read and saved; nothing is decided yet. */
export interface Collected {
  readonly result: TaskResult | Failure
  /** The work at its ref, or why none could be saved. */
  readonly work: SalvagedWork | Failure
}

/**
 * With the machine off: reads what the guest left and brings its work to `refs/tasks/ID`. Can be run again after a crash at any point, and
 * waits where the host has no room. @throws where a record cannot be written.
 */
export async function collect(record: TaskRecord, secret: string, log: Log): Promise<Collected> {
  const { files } = record
  const { id } = record.task
  const result = await record.patiently('the result', () =>
    readResult({ share: files.share, secret }, id).catch(
      orWhenDied(({ message }): Failure => ({ code: 'result-invalid', message })),
    ),
  )
  const { share, stream, console } = files
  const notes = await record.patiently('the stream', () =>
    keepStream({ files: { share, stream, console }, secret }, id).catch(
      orWhenDied(({ message }) => [{ kind: 'died', message } as const]),
    ),
  )
  for (const note of notes) log.warn("the agent's stream was not kept as it is", note)
  return { result, work: await salvageTask(record) }
}

/** What stands for the answer of a worker that died over it. */
export const orWhenDied =
  <Answer>(instead: (died: WorkerDied) => Answer) =>
  (error: unknown): Answer => {
    if (error instanceof WorkerDied) return instead(error)
    throw error
  }
