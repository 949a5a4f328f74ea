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
