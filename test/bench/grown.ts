import type { Recorded, Result } from './report.ts'

export interface Grown {
  readonly what: string
  readonly before: number
  readonly now: number
}

/** A ratio is of two figures of one run, but hosts are noisy all the same. */
const tolerated = 4 / 3

/** Rows whose ratio to their floor or peer is worse by a third than what is recorded. Rows without one, and new ones, cannot be compared. Pure. */
export function grown(recorded: readonly Recorded[], measured: readonly Omit<Result, 'values'>[]): readonly Grown[] {
  const before = new Map(recorded.flatMap(({ rows }) => rows.map(({ what, ratio }) => [what, ratio])))
  return measured.flatMap(({ what, ratio: now, unit }) => {
    const then = before.get(what) ?? null
    if (then === null || now === null) return []
    // Of calls in a second more are better.
    const isWorse = unit === 'calls/s' ? now * tolerated < then : now > then * tolerated
    return isWorse ? [{ what, before: then, now }] : []
  })
}
