import { succeeded } from '../../core/merge/check-report.ts'
import type { Car, CheckEnd } from './car.ts'

interface Kept {
  readonly end: CheckEnd
  /** When the check began, as a count. */
  readonly begun: number
}

/**
 * What the checks of one queue came to. A failure counts for whoever waits for it, until its client asks again: that car believes only failures
 * of checks that were run after it came.
 */
export class CheckEnds {
  /** By key; of those that could not be run by task and key. */
  readonly #ends = new Map<string, Kept>()
  readonly #came = new WeakMap<Car, number>()
  /** Counts what happens, so that cars and checks have an order. */
  #count = 0

  /** Called when a car comes, before anything is asked for it. */
  add(car: Car): void {
    this.#count += 1
    this.#came.set(car, this.#count)
  }

  /** A check begins. The answer keeps what it came to. */
  begin(car: Car, key: string): (end: CheckEnd) => void {
    this.#count += 1
    const begun = this.#count
    return (end) => this.#ends.set(end.kind === 'broken' ? brokenKey(car, key) : key, { end, begun })
  }

  /** Undefined where nothing is known that counts for this car. */
  find(car: Car, key: string): CheckEnd | undefined {
    for (const kept of [this.#ends.get(key), this.#ends.get(brokenKey(car, key))])
      if (kept && this.#counts(car, kept)) return kept.end
    return undefined
  }

  #counts(car: Car, { end, begun }: Kept): boolean {
    if (car.wish.believesFailures) return true
    if (end.kind === 'report' && succeeded(end.report)) return true
    const isFromBefore = end.kind === 'report' && end.isKnown
    return !isFromBefore && begun > (this.#came.get(car) ?? 0)
  }

  clear(): void {
    this.#ends.clear()
  }
}

const brokenKey = (car: Car, key: string): string => `${car.id} ${key}`
