import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Bytes that this user can still write on the file system of the path, or of the nearest folder above it that exists. */
export async function freeBytes(path: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error
    return await freeBytes(dirname(path))
  }
}

/** What is free on the disk of the path for this user, and its size; undefined where the system does not say. */
export async function diskRoom(
  path: string,
): Promise<{ readonly freeBytes: number; readonly totalBytes: number } | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(path)
    return { freeBytes: bavail * bsize, totalBytes: blocks * bsize }
  } catch {
    return undefined
  }
}
