import { setTimeout as sleep } from 'node:timers/promises'
import type { TaskId } from '../../core/task/task.ts'
import { isAsNamed } from '../record/load-tasks.ts'
import type { FinishedIndex } from './finished-index.ts'

/** So many records are looked at in one go, and read in one go; then the rest of the server has its turn. */
const lookedAt = 500
const readAtOnce = 25

export interface SweepOptions {
  readonly home: string
  readonly index: FinishedIndex
  /** Tasks whose folders are there and that the index does not name. */
  readonly unknown: readonly TaskId[]
  /** Reads these records and has the index hold what they say. */
  readonly settle: (ids: readonly TaskId[]) => Promise<void>
  /** Between two pieces. */
  readonly pauseMs: number
}

/**
 * Compares the index with each record it names, and reads what it does not name or what is another one by now. In pieces, with pauses for
 * everything else. @throws the signal's reason
 */
export async function sweep(
  { home, index, unknown, settle, pauseMs }: SweepOptions,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < unknown.length; at += readAtOnce) {
    signal.throwIfAborted()
    await settle(unknown.slice(at, at + readAtOnce))
    await sleep(pauseMs, undefined, { ref: false })
  }
  for (let last: TaskId | null = null; ; ) {
    signal.throwIfAborted()
    const entries = index.stampsAfter(last, lookedAt)
    const changed = entries.filter((entry) => !isAsNamed(home, entry.id, entry)).map(({ id }) => id)
    for (let at = 0; at < changed.length; at += readAtOnce) {
      signal.throwIfAborted()
      await settle(changed.slice(at, at + readAtOnce))
    }
    last = entries.at(-1)?.id ?? null
    if (last === null) return
    await sleep(pauseMs, undefined, { ref: false })
  }
}
