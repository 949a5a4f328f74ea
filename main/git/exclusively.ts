import { join } from 'node:path'
import { lockFile } from '../lib/file-lock.ts'

/** The last of each repository's merges in this process; the next one waits for it. */
const lasts = new Map<string, Promise<unknown>>()

/** Longer than any merge; the caller's signal is what ends a wait. */
const longestWaitMs = 60 * 60_000

/**
 * Runs one action at a time per repository: callers of this process in the order in which they came, other processes by a lock
 * beside the repository's own files.
 */
export async function exclusively<Result>(
  commonDirectory: string,
  action: () => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const before = lasts.get(commonDirectory)
  const turn = (async () => {
    await before?.catch(() => undefined) // Its own caller hears of it.
    signal?.throwIfAborted()
    await using _lock = await lockFile(join(commonDirectory, 'microvm-orchestrator-merge'), longestWaitMs, signal)
    return await action()
  })()
  lasts.set(commonDirectory, turn)
  try {
    return await turn
  } finally {
    if (lasts.get(commonDirectory) === turn) lasts.delete(commonDirectory)
  }
}
