import { performance } from 'node:perf_hooks'

/** One line of the table: what was measured, beside its floor or its peer in the same run. */
export interface Row {
  readonly what: string
  readonly unit: 'ms' | 'calls/s' | 'MB' | '%' | 'bytes' | 'slots' | 'tasks' | 'processes'
  readonly ours: readonly number[]
  /** Which figure of ours is quoted; the other side's is the same one. Default: the median. */
  readonly quote?: 'median' | 'p95'
  readonly against: { readonly what: string; readonly values: readonly number[] } | null
  readonly goal: Goal | null
  /** What a reader of the figures must know, one sentence each. */
  readonly notes?: readonly string[]
  /** Why the goal is not reached and what was tried; said only when it is not. */
  readonly unreached?: string
  /** Name of a picture that the benchmark wrote into `BenchContext.pictures`. */
  readonly picture?: string
}

/** `ratio`: ours to the other side's; `limit`: ours alone, in the row's unit. */
export interface Goal {
  readonly kind: 'ratio' | 'limit'
  readonly atMost: number
}

/** A benchmark: a name for the command line, and what it takes to fill its rows. */
export interface Bench {
  readonly name: string
  readonly about: string
  measure(context: BenchContext): Promise<readonly Row[]>
}

export interface BenchContext {
  /** Fewer repetitions and smaller material: to see that it works, not to quote. */
  readonly quick: boolean
  /** Empty, this benchmark's own, deleted when it is over. */
  readonly folder: string
  /** Where pictures go: beside RESULTS.md when that is written, else to what git ignores. */
  readonly pictures: string
  /** What is deferred here is done when the benchmark is over, whatever happened. */
  readonly stack: AsyncDisposableStack
  readonly signal: AbortSignal
  /** Tells a waiting person what goes on. */
  say(line: string): void
}

export interface Summary {
  readonly quoted: number
  readonly min: number
  readonly max: number
  readonly n: number
}

export function summarize(values: readonly number[], quote: 'median' | 'p95' = 'median'): Summary {
  const sorted = [...values].sort((a, b) => a - b)
  const first = sorted[0]
  const last = sorted.at(-1)
  if (first === undefined || last === undefined) throw new Error('Nothing was measured')
  return { quoted: percentile(sorted, quote === 'p95' ? 0.95 : 0.5), min: first, max: last, n: sorted.length }
}

/** Of sorted values; between two neighbours in proportion. */
function percentile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? Number.NaN
  const above = sorted[Math.ceil(place)] ?? Number.NaN
  return below + (above - below) * (place - Math.floor(place))
}

/** Milliseconds that it took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/**
 * Both sides in turn, A B A B, so that what else the host does falls on both alike. A first pair is thrown away.
 * Each side answers what it measured, so that its own set-up need not count.
 */
export async function inPairs(
  pairs: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<{ readonly ours: readonly number[]; readonly theirs: readonly number[] }> {
  await ours()
  await theirs()
  const measured = { ours: [] as number[], theirs: [] as number[] }
  for (let pair = 0; pair < pairs; pair++) {
    measured.ours.push(await ours())
    measured.theirs.push(await theirs())
  }
  return measured
}
