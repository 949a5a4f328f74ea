import { AppError } from '../../core/failure.ts'
import { unreachable } from '../../core/unreachable.ts'
import { orAborted } from '../../lib/or-aborted.ts'
import type { Engine, Job, JobState } from '../engine.ts'
import type { JobWatch } from './job-watch.ts'

export interface KeeperWish {
  readonly engine: Engine
  readonly watch: JobWatch
  readonly job: Job
  /** What the place is called, in what is told. */
  readonly place: string
  /** Whether an earlier job of the seat may have begun the task: the keeper that is wanted goes on with it. */
  readonly hasBegun: boolean
  /** Told while the job waits, with its engine's reason, and null once it runs. */
  readonly waits: (why: string | null) => void
  /** Told how an earlier job of the seat ended, each time that another one is needed. */
  readonly ended: (how: string) => Promise<void>
}

/** A job that ends so often before its keeper was reached is not tried again. */
const mostTries = 3
/** For so long a job is looked after more often. */
const soonMs = 20_000

/**
 * Has a keeper of the seat run that can be attached to: one that runs is left as it is, and a job that waits is waited for.
 * @throws AppError('place-unreachable') when the engine cannot be asked for now; any other AppError when there will be no keeper.
 */
export async function haveKeeper(wish: KeeperWish, signal: AbortSignal): Promise<void> {
  const { engine, watch, job, waits } = wish
  if (!engine.hasQueue) return await engine.submit(job, signal)
  let tries = 0
  let submittedAt = Number.NEGATIVE_INFINITY
  // An earlier job may be ending at this moment.
  let changedAt = performance.now()
  for (;;) {
    const state = (await watch.look(signal)).get(job.seat)
    switch (state?.kind) {
      case 'running':
        waits(null)
        return
      case 'queued':
        waits(state.why)
        break
      case 'ended':
      case undefined:
        // One that an engine has just taken may not be among its answers yet.
        if (state === undefined && performance.now() - submittedAt < soonMs) break
        await afterEnd(state ?? forgotten, tries, wish)
        tries += 1
        await engine.submit({ ...job, at: wish.hasBegun ? (job.at ?? state?.node ?? null) : null }, signal)
        submittedAt = changedAt = performance.now()
        break
      default:
        return unreachable(state)
    }
    await orAborted(watch.tick(performance.now() - changedAt < soonMs ? 'soon' : 'later'), signal)
  }
}

/** Nothing is said of how a job ended that its engine knows no more, or never had. */
const forgotten = { kind: 'ended', how: '', node: '', end: 'done' } as const

/** @throws AppError for a job after which there is to be no other one. */
async function afterEnd(
  { how, end }: Extract<JobState, { kind: 'ended' }>,
  tries: number,
  { place, hasBegun, ended }: KeeperWish,
): Promise<void> {
  if (end === 'cancelled' && (!hasBegun || tries > 0))
    throw new AppError('interrupted', `Its job was cancelled at the place ${place} before it ran: ${how}`, {
      hint: 'Run the task again, or ask who runs that place',
    })
  if (tries >= mostTries)
    throw new AppError(
      'boot-failed',
      `The place ${place} ended its job ${tries} times before it ran${how && `: ${how}`}`,
      {
        hint: `Run: microvm-orchestrator places doctor ${place}`,
      },
    )
  if (hasBegun && end !== 'done') await ended(how)
}
