import { join } from 'node:path'
import type { Share } from '../driver.ts'
import { type HelperProcess, startHelper } from '../helper-process.ts'
import type { HelperUser } from '../helper-user.ts'
import type { RunDirectory } from '../run-directory.ts'
import { Confinement } from './confine.ts'
import { type FoundTool, toolCommand } from './tools.ts'

/** In the guest everything belongs to its user `claude`. */
const guestId = 1000
const allIds = 4_294_967_295

/** Path of the socket by which QEMU reaches the share; it exists once virtiofsd is ready. */
export const shareSocket = (run: RunDirectory, tag: Share['tag']): string => join(run.io, `virtiofs-${tag}.sock`)

/** Starts the server of one share as the helper user. It ends by itself when QEMU lets go of its socket. */
export async function startVirtiofsd(
  share: Share,
  { run, user, tool }: { readonly run: RunDirectory; readonly user: HelperUser; readonly tool: FoundTool },
): Promise<HelperProcess> {
  const name = `virtiofsd-${share.tag}`
  const confinement = new Confinement(user, run.mounts(name))
  const program = await toolCommand(tool, confinement)
  const directory = await confinement.expose(share.directory)
  const command = [...program, ...virtiofsdArguments(directory, shareSocket(run, share.tag), user)] as const
  return await startHelper(name, confinement.command(command), run.log(name))
}

/**
 * Anyone who writes in the guest, root or not, writes as the helper user on the host, and finds everything owned by its own
 * user. Pure.
 */
export function virtiofsdArguments(
  directory: string,
  socket: string,
  user: Pick<HelperUser, 'uid' | 'gid'>,
): readonly string[] {
  return [
    ...['--shared-dir', directory, '--socket-path', socket],
    ...['--sandbox', 'namespace', '--cache', 'auto', '--log-level', 'error'],
    ...[
      '--translate-uid',
      `squash-guest:0:${user.uid}:${allIds}`,
      '--translate-uid',
      `squash-host:0:${guestId}:${allIds}`,
    ],
    ...[
      '--translate-gid',
      `squash-guest:0:${user.gid}:${allIds}`,
      '--translate-gid',
      `squash-host:0:${guestId}:${allIds}`,
    ],
  ]
}
