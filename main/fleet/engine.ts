import type { ProgramPipe } from '../lib/processes/pipe-program.ts'

/** A keeper that is to run for one task, and what its engine must know to find it room. */
interface Job {
  /** Names it, and is all that an engine is told of the task. */
  readonly seat: string
}

/** What became of a job, as its engine knows it. */
export type JobState =
  | { readonly kind: 'queued'; readonly why: string }
  | { readonly kind: 'running'; readonly node: string }
  /** Its keeper is gone, and what it had of the task may still lie on that node. */
  | { readonly kind: 'ended'; readonly how: string; readonly node: string }
  /** The engine knows nothing of it: it was never submitted, or is forgotten. */
  | { readonly kind: 'unknown' }

/**
 * Whatever runs jobs on other machines. Each method throws AppError('place-unreachable') when it cannot be asked; an answer of its own is data.
 * A job starts empty: what its task is comes over an attachment, so no script, queue or log of an engine ever holds it.
 */
export interface Engine {
  /** Idempotent by the seat: one that runs is left as it is, so that a crash between this and its record loses none. */
  submit(job: Job, signal: AbortSignal): Promise<void>
  /** One question for all jobs of this home there; a seat that is not among the answers is unknown. */
  look(signal: AbortSignal): Promise<ReadonlyMap<string, JobState>>
  /** The engine's own, authenticated way into the job. It says nothing of whether the keeper is there: that does its `hello`. */
  attach(seat: string): ProgramPipe
  /** Ends the job with what it has of the task. For a job that was given nothing: one at work is asked by its attachment. */
  cancel(seat: string, signal: AbortSignal): Promise<void>
}
