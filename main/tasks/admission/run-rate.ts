import { AppError } from '../../core/failure.ts'
import { type Bucket, type Rate, refilled, waitMs } from '../../core/token-bucket.ts'

export interface RunRates {
  readonly perClient: Rate
  readonly overall: Rate
}

/** A fan-out of fifty tasks passes at once, and again soon after; a client that asks in a loop comes down to so many a minute. */
export const ratesOf = (perMinute: number): RunRates => ({
  perClient: { burst: 100, perMinute },
  overall: { burst: 200, perMinute: 2 * perMinute },
})

/** Counts what clients ask for: each task is a folder, a queue's place and in the end a machine. */
export class RunRate {
  readonly #rates: RunRates
  readonly #now: () => number
  /** Of clients that have asked lately, the latest last. */
  readonly #clients = new Map<string, Bucket>()
  #all: Bucket

  constructor(rates: RunRates, now: () => number = () => performance.now()) {
    this.#rates = rates
    this.#now = now
    this.#all = { left: rates.overall.burst, atMs: now() }
  }

  /** @throws AppError('rate-limited') that says when to ask again; asking too early costs nothing. */
  take(client: string): void {
    const { perClient, overall } = this.#rates
    const nowMs = this.#now()
    const all = refilled(this.#all, overall, nowMs)
    const known = this.#clients.get(client) ?? { left: perClient.burst, atMs: nowMs }
    const own = refilled(known, perClient, nowMs)
    const ownWaitMs = waitMs(own, perClient)
    if (ownWaitMs > 0) throw limited('This client', perClient, ownWaitMs)
    const allWaitMs = waitMs(all, overall)
    if (allWaitMs > 0) throw limited('All clients together', overall, allWaitMs)
    this.#all = { ...all, left: all.left - 1 }
    this.#clients.delete(client)
    this.#clients.set(client, { ...own, left: own.left - 1 })
    this.#forgetFull(nowMs)
  }

  /** A bucket that is full again says no more than none; those that were used longest ago come first. */
  #forgetFull(nowMs: number): void {
    const { perClient } = this.#rates
    for (const [client, bucket] of this.#clients) {
      if (refilled(bucket, perClient, nowMs).left < perClient.burst) return
      this.#clients.delete(client)
    }
  }
}

function limited(who: string, { burst, perMinute }: Rate, ms: number): AppError {
  const message = `${who} asked for too many tasks: ${burst} may come at once, then ${perMinute} a minute`
  return new AppError('rate-limited', message, { hint: `Try again in ${Math.ceil(ms / 1000)} s` })
}
