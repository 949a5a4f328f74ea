import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runOrThrow } from './spawn.ts'

/**
 * Deletes a folder that a guest could write, with nothing of it running any more. Links are deleted, never followed;
 * folders that the guest made unreadable are made readable first. A missing folder is fine.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENAMETOOLONG') {
      await removeTooDeep(path)
      return
    }
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'ENOTEMPTY') throw error
    await openFolders(path)
    await rm(path, { recursive: true, force: true })
  }
}

/** Folders nested so deep that the system takes no path of them: `rm` goes down step by step, following nothing. */
async function removeTooDeep(path: string): Promise<void> {
  await runOrThrow('rm', ['-r', '-f', '--', path])
}

async function openFolders(path: string): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return
  await chmod(path, 0o700)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await openFolders(join(path, entry.name))
  }
}
