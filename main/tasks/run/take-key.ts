import { join } from 'node:path'
import { messageOf } from '../../core/failure.ts'
import { unlinkName } from '../../lib/files/live-folder.ts'
import { shareNames } from '../record/task-files.ts'

/**
 * Takes the key out of the share, whatever the guest made of it: one unlink of one name, since a machine may be alive. Never rejects: a key
 * that stays ends no watch over a machine.
 * @returns why something stays under its name, for the task's notes; null when nothing does.
 */
export async function removeKey(share: string): Promise<string | null> {
  const path = join(share, shareNames.key)
  try {
    const left = await unlinkName(path)
    return left === 'gone' ? null : `The guest put a folder in place of its key file; it was left at ${path}`
  } catch (error) {
    return `The key file ${path} could not be removed: ${messageOf(error)}`
  }
}
