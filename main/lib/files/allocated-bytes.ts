import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Of st_blocks, whatever the file system's own block size (stat(2)). */
const blockBytes = 512

/**
 * Bytes that the file or folder takes on its disk: holes of sparse files do not count. Links are not followed; what goes away
 * meanwhile, or cannot be read, counts as nothing.
 */
export async function allocatedBytes(path: string): Promise<number> {
  const stats = await lstat(path).catch(() => undefined)
  if (!stats) return 0
  let bytes = stats.blocks * blockBytes
  if (!stats.isDirectory()) return bytes
  // One after another: a big clone has more entries than a process may have open.
  for (const name of await readdir(path).catch(() => [])) bytes += await allocatedBytes(join(path, name))
  return bytes
}
