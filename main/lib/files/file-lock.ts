import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import lockfile from 'proper-lockfile'
import { AppError } from '../../core/failure.ts'
import { ensurePrivateFolder, unusable } from './private-folder.ts'

/** Held from its creation to its disposal. */
export interface FileLock extends AsyncDisposable {
  /** Call it right before the write that the lock protects: throws when the lock was lost (a process stopped for long). */
  assertHeld(): void
}

/** A holder that died without unlocking is recognised after this long, so waiting must last longer. */
const staleMs = 10_000
const longestWaitMs = 20_000

/**
 * Excludes other processes, and other callers of this one, from the file until the lock is disposed. The file need not exist; the
 * lock is `PATH.lock` beside it, whose folder is made when missing.
 * @throws AppError('home-unusable') when another holds it for longer than `waitMs`, or the folder cannot be written.
 */
export async function lockFile(path: string, waitMs: number = longestWaitMs, signal?: AbortSignal): Promise<FileLock> {
  await ensurePrivateFolder(dirname(path))
  let lost: Error | undefined
  const onCompromised = (error: Error) => {
    lost = error
  }
  const deadline = performance.now() + waitMs
  for (;;) {
    signal?.throwIfAborted()
    try {
      const release = await lockfile.lock(path, { realpath: false, stale: staleMs, onCompromised })
      return {
        assertHeld: () => {
          if (lost)
            throw new AppError('home-unusable', `The lock of ${path} was lost`, { hint: 'Try again', cause: lost })
        },
        [Symbol.asyncDispose]: async () => {
          if (!lost) await release()
        },
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw unusable(`${path}.lock`, error)
      if (performance.now() >= deadline) {
        throw new AppError('home-unusable', `Another process holds ${path}.lock`, {
          hint: 'Try again when it is done',
          cause: error,
        })
      }
      // Uneven pauses, so that many waiters do not come back together.
      await sleep(10 + Math.random() * 40, undefined, { ...(signal && { signal }) })
    }
  }
}
