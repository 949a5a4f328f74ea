import type { z } from 'zod'
import { workerCommand } from './command.ts'
import type { JobInput, JobName, JobOutput } from './jobs.ts'
import { laneOf, limitsOf } from './limits.ts'
import { WorkerDied } from './worker-died.ts'
import { WorkerPool } from './worker-pool.ts'

const pool = new WorkerPool(workerCommand)

export interface JobOptions<Output> {
  /** What its answer must be; another one is taken for the death of the process. */
  readonly answer: z.ZodType<Output, unknown>
  /** Whose it is: a process serves one task. Left out, it serves this job alone. */
  readonly task?: string | undefined
  /** A file that counts the try, see `countedTry`. */
  readonly attempt?: string | undefined
}

/**
 * Does a job in a process of its own, with limits on memory, time and answer.
 * @throws WorkerDied when the process ends before it answers, or what the job itself throws: an `AppError` comes through whole.
 */
export async function runJob<Name extends JobName>(
  name: Name,
  input: JobInput<Name>,
  { answer, task, attempt }: JobOptions<JobOutput<Name>>,
  signal?: AbortSignal,
): Promise<JobOutput<Name>> {
  const where = { task, lane: laneOf(name), limits: limitsOf(name) }
  const output = await pool.run({ name, input, attempt }, where, signal)
  const parsed = answer.safeParse(output)
  if (!parsed.success) throw new WorkerDied(`answered '${name}' with what is no answer`)
  return parsed.data
}

/** Has a process ready for the end of the task, until that comes or this is disposed. */
export const expectEndOf = (task: string): Disposable => pool.expect(task)
