import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { packageDirectory } from '../../../main/lib/files/paths.ts'

/**
 * The guest's own program at the other end of a line, as a process of this host: its shells are this user's, and its ports and SSH server this host's. It ends with
 * the line.
 * @param folder what is the guest's folder of state; its clone, if any, is `repo` in it.
 */
export async function openProcessLine(folder: string): Promise<Duplex> {
  await mkdir(join(folder, 'proc'), { recursive: true })
  const child = spawn('perl', [join(packageDirectory(), 'nix', 'attach.pl')], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...{ PATH: `${process.env.PATH}:/usr/sbin`, LANG: 'C.UTF-8', MICROVM_SAME_USER: 'yes', MICROVM_STATE: folder },
      ...{ MICROVM_WORKSPACE: folder, MICROVM_USER_HOME: folder },
    },
  })
  const line = Duplex.from({ writable: child.stdin, readable: child.stdout }) as Duplex
  child.once('exit', () => line.destroy())
  line.once('close', () => child.kill())
  return line
}
