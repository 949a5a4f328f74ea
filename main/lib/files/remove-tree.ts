import { lstat } from 'node:fs/promises'
import { run } from '../processes/spawn.ts'

/**
 * Deletes a folder that a guest could write, with nothing of it running any more. Links are deleted, never followed. Folders that the
 * guest made unreadable are made readable first, and ones nested deeper than the system takes a path are reached step by step, as `rm` and
 * `chmod` do. A missing folder is fine.
 */
export async function removeTree(path: string): Promise<void> {
  if (!(await isThere(path))) return
  const first = await run('rm', ['-r', '-f', '--', path])
  if (first.ok) return
  await run('chmod', ['-R', 'u+rwX', '--', path]) // What stays closed, the next line names.
  const { ok, stderr } = await run('rm', ['-r', '-f', '--', path])
  if (!ok) throw new Error(`${path} cannot be deleted: ${stderr.trim().split('\n', 1)[0] ?? ''}`)
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
