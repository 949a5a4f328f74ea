import { chmod, lstat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What became of a name: it is gone, or a folder has it, which nothing alive may be deleted below. */
export type Unlinked = 'gone' | 'folder'

/**
 * Takes one name out of a folder of the host's in which something alive may write. The folder's own path is the host's, so only the
 * name can be another thing than it was a moment ago: it is unlinked, which follows no link and enters no folder.
 */
export async function unlinkName(path: string, hasOpened = false): Promise<Unlinked> {
  try {
    await unlink(path)
    return 'gone'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return 'gone'
    if (code === 'EISDIR' || (code === 'EPERM' && (await isFolder(path)))) return 'folder' // Linux, macOS.
    if (code !== 'EACCES' || hasOpened) throw error
  }
  await chmod(dirname(path), 0o700) // The guest closed its folder to the owner, which is us.
  return await unlinkName(path, true)
}

const isFolder = async (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => found.isDirectory(),
    () => false, // It went meanwhile: the error that led here says more.
  )
