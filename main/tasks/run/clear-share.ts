import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { unlinkName } from '../../lib/files/live-folder.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { shareNames } from '../record/task-files.ts'

/** What the host lays down, and what would speak for the next guest. */
const names: readonly string[] = [
  shareNames.description,
  shareNames.continuation,
  shareNames.messages,
  shareNames.inboxClosed,
  shareNames.agentWaits,
  shareNames.told,
  shareNames.key,
  shareNames.environment,
  shareNames.environmentFiles,
  shareNames.claudeFiles,
  shareNames.startRef,
  shareNames.standby,
  shareNames.waiting,
  shareNames.go,
  shareNames.load,
  shareNames.unload,
  shareNames.started,
  shareNames.preparing,
  shareNames.ended,
  shareNames.result,
]

/**
 * Makes way in a share for the next machine. Only while no machine and no helper of one is alive: what a guest made of these names is
 * deleted with all that is in it.
 */
export async function clearShare(share: string): Promise<void> {
  await mkdir(share, { recursive: true, mode: 0o700 })
  for (const name of names) {
    const path = join(share, name)
    if ((await unlinkName(path)) === 'folder') await removeTree(path)
  }
}
