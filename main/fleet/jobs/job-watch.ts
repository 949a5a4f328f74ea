import { setTimeout as sleep } from 'node:timers/promises'
import { orAborted } from '../../lib/or-aborted.ts'
import type { Engine, JobStates } from '../engine.ts'

/** How long those who ask at about the same time are waited for. */
const gatherMs = 50
/** From one look to the next while jobs wait: soon after a job was submitted, and later. */
const tickMs = { soon: 1_000, later: 10_000 } as const

/** Asks an engine what becomes of its jobs: one question for all who want to know, however many tasks wait. */
export class JobWatch {
  readonly #engine: Pick<Engine, 'look'>
  readonly #ticks = new Map<keyof typeof tickMs, Promise<void>>()
  #waiting: PromiseWithResolvers<JobStates>[] = []
  #isAsking = false

  constructor(engine: Pick<Engine, 'look'>) {
    this.#engine = engine
  }

  /** Resolves with an answer to a question that was asked after this call. @throws AppError('place-unreachable') */
  async look(signal: AbortSignal): Promise<JobStates> {
    signal.throwIfAborted()
    const answer = Promise.withResolvers<JobStates>()
    this.#waiting.push(answer)
    if (!this.#isAsking) void this.#ask()
    return await orAborted(answer.promise, signal)
  }

  /** Resolves when it is time to look again, at the same moment for all who wait. */
  tick(when: keyof typeof tickMs): Promise<void> {
    const running = this.#ticks.get(when)
    if (running) return running
    const tick = sleep(tickMs[when], undefined, { ref: false }).then(() => void this.#ticks.delete(when))
    this.#ticks.set(when, tick)
    return tick
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    while (this.#waiting.length > 0) {
      await sleep(gatherMs)
      const asked = this.#waiting
      this.#waiting = []
      try {
        const states = await this.#engine.look(AbortSignal.timeout(lookMs))
        for (const { resolve } of asked) resolve(states)
      } catch (error) {
        for (const { reject } of asked) reject(error)
      }
    }
    this.#isAsking = false
  }
}

const lookMs = 60_000
