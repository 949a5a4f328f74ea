import { join } from 'node:path'
import { lockFile } from '../../lib/files/file-lock.ts'

/** Longer than any merge; the caller's signal is what ends a wait. */
const longestWaitMs = 60 * 60_000

/** Keeps other processes, and other work trees of the same repository, from merging until it is disposed. */
export const lockMerges = (commonDirectory: string, signal?: AbortSignal): Promise<AsyncDisposable> =>
  lockFile(join(commonDirectory, 'microvm-orchestrator-merge'), longestWaitMs, signal)
