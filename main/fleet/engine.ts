import type { ProgramPipe } from '../lib/processes/pipe-program.ts'

/** A keeper that is to run for one task, and what its engine must know to find it room. */
export interface Job {
  /** Names it, and is all that an engine is told of the task. */
  readonly seat: string
  /** What its machine, and what is beside that, may take. */
  readonly memoryMiB: number
  readonly cpus: number
  /** How long the job may take in all. The task's own limits are shorter: the keeper ends it by those. */
  readonly minutes: number
  /** The node where an earlier job of the seat ran: what that had of the task is nowhere else. */
  readonly at: string | null
  /** A node that has the history of its repository already: a wish, and no condition. */
  readonly near: string | null
}

/** What became of a job, as its engine knows it. */
export type JobState =
  /** `why` in the engine's own words. */
  | { readonly kind: 'queued'; readonly why: string }
  | { readonly kind: 'running'; readonly node: string }
  /** Its keeper is gone, and what it had of the task may still lie on that node. `how` in the engine's own words. */
  | { readonly kind: 'ended'; readonly how: string; readonly node: string; readonly end: JobEnd }

/** Whether it was done with what it had to do, somebody cancelled it, or it was cut off. */
export type JobEnd = 'done' | 'cancelled' | 'cut'

export type JobStates = ReadonlyMap<string, JobState>

/**
 * Whatever runs jobs on other machines. Each method throws AppError('place-unreachable') when it cannot be asked; an answer of its own is data.
 * A job starts empty: what its task is comes over an attachment, so no script, queue or log of an engine ever holds it.
 */
export interface Engine {
  /**
   * Whether a job may wait. A job of an engine with a queue is submitted once `look` knows of none that waits or runs, and attached to once it runs.
   * Without one, `submit` leaves a keeper that runs as it is, and resolves when it can be attached to.
   */
  readonly hasQueue: boolean
  /** @throws AppError('place-refused') with the engine's own words when it never takes such a job. */
  submit(job: Job, signal: AbortSignal): Promise<void>
  /** One question for all jobs of this home there; a seat that is not among the answers was never submitted, or is forgotten. */
  look(signal: AbortSignal): Promise<JobStates>
  /** The engine's own, authenticated way into the job. It says nothing of whether the keeper is there: that does its `hello`. */
  attach(seat: string): ProgramPipe
  /** Ends the job, waiting or not, with what it has of the task. One at work is first asked by its attachment. */
  cancel(seat: string, signal: AbortSignal): Promise<void>
}
