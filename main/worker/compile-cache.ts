import { lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory } from '../lib/files/paths.ts'

/**
 * Folder where Node keeps the compiled code of the workers, which saves a third of their start; undefined when it is not for its owner
 * alone, because who can write there decides what a worker runs. Made with permissions of 0700 whatever the umask: Node itself leaves
 * them to the umask.
 */
export function compileCache(cache: string = cacheDirectory()): string | undefined {
  const folder = join(cache, 'compiled')
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stats = lstatSync(folder)
    const isOwn = stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0
    return isOwn ? folder : undefined
  } catch {
    // A cache that cannot be had, on a full disk for one, makes a worker start later and changes nothing else.
    return undefined
  }
}
