import { access } from 'node:fs/promises'

/** Whether something that this process can see is at the path; a link that leads nowhere is not. */
export async function pathExists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false // Not there, or in a folder closed to us: not to be had either way.
  }
}
