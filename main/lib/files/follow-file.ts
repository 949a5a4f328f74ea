import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FollowOptions {
  /** Asked between reads: once it says yes, what is left is read and the following ends. */
  readonly isOver: () => Promise<boolean>
  readonly pollMs?: number
}

/**
 * The file's content from its start, and what is added to it, as `tail -F` shows it: waits for a file that is not there yet, starts
 * again at the top of one that was truncated, and goes on with the new one when it was replaced.
 */
export async function* followFile(
  path: string,
  { isOver, pollMs = 200 }: FollowOptions,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  let file: FileHandle | undefined
  let offset = 0
  const buffer = Buffer.alloc(64 * 1024)
  try {
    for (;;) {
      const over = await isOver()
      for (;;) {
        file ??= await openIfThere(path)
        if (!file) break
        signal?.throwIfAborted()
        const { size, ino, dev } = await file.stat()
        if (size < offset) offset = 0
        const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
        if (bytesRead > 0) {
          offset += bytesRead
          yield Buffer.from(buffer.subarray(0, bytesRead))
          continue
        }
        const current = await stat(path).catch(missing)
        if (!current || (current.ino === ino && current.dev === dev)) break
        await file.close()
        file = undefined
        offset = 0
      }
      if (over) return
      await sleep(pollMs, undefined, { ...(signal && { signal }) })
    }
  } finally {
    await file?.close()
  }
}

const openIfThere = (path: string): Promise<FileHandle | undefined> => open(path, 'r').catch(missing)

function missing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
