import { removeTree } from '../files/remove-tree.ts'
import { run } from '../processes/spawn.ts'

/**
 * Links stay links and are not followed, files with several names stay one file, holes stay holes, and blocks are shared where the file system
 * can: a copy takes no more room than what is there.
 */
const flags =
  process.platform === 'darwin' ? ['-R', '-P', '-p', '-c'] : ['-R', '-d', '-p', '--reflink=auto', '--sparse=auto']

/**
 * Copies a folder that a guest could write, with nothing of it running any more, to a path at which nothing is. What the guest made unreadable
 * is made readable first. @throws what `cp` says, with nothing left behind.
 */
export async function copyTree(from: string, to: string, signal?: AbortSignal): Promise<void> {
  if (await copied(from, to, signal)) return
  await run('chmod', ['-R', 'u+rwX', '--', from], {}, signal) // What stays closed, the next line names.
  const stderr = await refusal(from, to, signal)
  if (stderr !== null) throw new Error(`${from} cannot be copied: ${stderr.trim().split('\n', 1)[0] ?? ''}`)
}

const copied = async (from: string, to: string, signal?: AbortSignal): Promise<boolean> =>
  (await refusal(from, to, signal)) === null

/** What `cp` says against it; null where all was copied. */
async function refusal(from: string, to: string, signal?: AbortSignal): Promise<string | null> {
  const { ok, stderr } = await run('cp', [...flags, '--', from, to], {}, signal)
  if (ok) return null
  await removeTree(to)
  signal?.throwIfAborted()
  return stderr
}
