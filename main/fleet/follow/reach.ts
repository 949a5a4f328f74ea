import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure } from '../../core/failure.ts'
import type { VisitEnd } from '../session.ts'
import type { Patience } from './patience.ts'

/** What ends the following of a task, beside the end of the task. */
export type Turn =
  | VisitEnd
  | { readonly kind: 'out-of-reach'; readonly why: string }
  /** There will be no keeper. */
  | { readonly kind: 'refused'; readonly failure: Failure }

/** Shorter, a connection says nothing of the next. */
const steadyMs = 5_000

/** How well a place is reached: when it is tried again, and when no more. */
export class Reach {
  readonly #patience: Patience
  #heardAt = performance.now()
  #pauseMs: number

  constructor(patience: Patience) {
    this.#patience = patience
    this.#pauseMs = patience.retryMs.least
  }

  get awayMs(): number {
    return performance.now() - this.#heardAt
  }

  /** Nothing is wrong: its job waits there, say. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  met(turn: Turn, begunAt: number): void {
    if (turn.kind !== 'gone' || !turn.wasThere) return
    this.heard()
    // One that greets and goes at once is not asked faster for it.
    if (this.#heardAt - begunAt > steadyMs) this.#pauseMs = this.#patience.retryMs.least
  }

  isLost(isStopping: boolean): boolean {
    return this.awayMs > (isStopping ? this.#patience.stopMs : this.#patience.lostMs)
  }

  async pause(ends: readonly AbortSignal[]): Promise<void> {
    const ms = this.#pauseMs
    this.#pauseMs = Math.min(ms * 2, this.#patience.retryMs.most)
    await sleep(ms, undefined, { signal: AbortSignal.any([...ends]) }).catch(() => undefined) // An abort is a reason to look at once.
  }
}
