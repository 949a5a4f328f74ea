import type { Log } from '../../lib/log.ts'
import type { Machine } from '../../machines/driver.ts'

const lookMs = 1_000
/** Less is a time server's gentle correction, which guests may miss. */
const jumpMs = 500
/** A look that comes later than this was held up by the host's sleep, where even the steady clock went on: a Mac's does. */
const lateMs = 10_000
const answerMs = 5_000

/** Milliseconds of the wall clock, and of one that no one sets and that, on most hosts, stands still while the host sleeps. */
export interface Clocks {
  readonly wall: () => number
  readonly steady: () => number
}

const hostClocks: Clocks = { wall: () => Date.now(), steady: () => performance.now() }

/**
 * Keeps the time of running guests: sees by the host's two clocks, or by coming late itself, that the host slept or was set, and tells
 * every machine. Looks once a second, and only while a machine runs.
 */
export class HostClock implements Disposable {
  readonly #machines = new Set<Machine>()
  readonly #log: Log
  readonly #clocks: Clocks
  #difference: number
  #lastLook: number
  #timer: NodeJS.Timeout | undefined

  constructor(log: Log, clocks: Clocks = hostClocks) {
    this.#log = log
    this.#clocks = clocks
    this.#lastLook = clocks.steady()
    this.#difference = clocks.wall() - this.#lastLook
  }

  /** Keeps the machine's time until the result is disposed. */
  follow(machine: Machine): Disposable {
    if (this.#machines.size === 0) this.#begin()
    this.#machines.add(machine)
    return {
      [Symbol.dispose]: () => {
        this.#machines.delete(machine)
        if (this.#machines.size === 0) clearInterval(this.#timer)
      },
    }
  }

  /** Before the host sleeps: every guest stands still. */
  async pauseAll(): Promise<void> {
    await this.#each('pause')
  }

  /** After it woke: every guest goes on with the right time. */
  async resumeAll(): Promise<void> {
    this.#jumped()
    await this.#each('resume')
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  #begin(): void {
    this.#jumped()
    this.#timer = setInterval(() => this.look(), lookMs).unref()
  }

  /** One look at the clocks. */
  look(): void {
    const before = this.#lastLook
    const jump = this.#jumped()
    const passedMs = this.#lastLook - before
    if (Math.abs(jump) < jumpMs && passedMs < lateMs) return
    this.#log.info('the host slept or its clock jumped, guests are told', {
      jumpMs: Math.round(jump),
      passedMs: Math.round(passedMs),
      machines: this.#machines.size,
    })
    void this.#each('setClock')
  }

  /** By how much the wall clock went ahead of the steady one since the last call, in ms. */
  #jumped(): number {
    const { wall, steady } = this.#clocks
    const before = this.#difference
    this.#lastLook = steady()
    this.#difference = wall() - this.#lastLook
    return this.#difference - before
  }

  /** A machine that does not answer is no reason to leave out the others; it may just have ended. */
  async #each(verb: 'pause' | 'resume' | 'setClock'): Promise<void> {
    await Promise.all(
      [...this.#machines].map(async (machine) => {
        try {
          await machine[verb](AbortSignal.timeout(answerMs))
        } catch (error) {
          this.#log.warn('a machine did not answer', { verb, pid: machine.handle.pid, reason: String(error) })
        }
      }),
    )
  }
}
