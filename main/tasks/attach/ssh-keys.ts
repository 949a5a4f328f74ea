import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import type { TaskId } from '../../core/task/task.ts'
import { pathExists } from '../../lib/files/look.ts'
import { ensurePrivateFolder } from '../../lib/files/private-folder.ts'
import { findTool } from '../../lib/processes/find-tool.ts'
import { run } from '../../lib/processes/spawn.ts'
import type { SshServerKeys } from '../../machines/attach/guest-line.ts'
import { sshFolder, sshHost } from '../record/task-files.ts'

/** The files of a task's folder of keys, as the configuration of `ssh-config` names them. */
export const sshKeyFiles = { user: 'key', known: 'known_hosts' } as const
const hostKeyFile = 'host_key'

/**
 * What the SSH server in a task's machine is given. The keys are made when they are first asked for, and stay until the task is cleaned up: one of this host's
 * user, whose private part no guest gets, and one of the server's, which the user's ssh knows before it connects.
 * @throws AppError('host-incomplete') without OpenSSH on this host.
 */
export async function sshKeys(home: string, id: TaskId): Promise<SshServerKeys> {
  const folder = sshFolder(home, id)
  if (!(await pathExists(folder))) await makeKeys(folder, id)
  const read = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  return { mayEnter: (await read(`${sshKeyFiles.user}.pub`)).trim(), own: await read(hostKeyFile) }
}

/** The folder is there with all that belongs into it, or not at all. */
async function makeKeys(folder: string, id: TaskId): Promise<void> {
  await ensurePrivateFolder(dirname(folder))
  const made = await mkdtemp(join(dirname(folder), '.new-'))
  try {
    for (const name of [sshKeyFiles.user, hostKeyFile]) await makeKey(join(made, name))
    const known = await readFile(join(made, `${hostKeyFile}.pub`), 'utf8')
    await writeFile(join(made, sshKeyFiles.known), `${sshHost(id)} ${known}`, { mode: 0o600 })
    await rename(made, folder)
  } catch (error) {
    await rm(made, { recursive: true, force: true })
    if (await pathExists(folder)) return // Another connection made them at the same time.
    throw error
  }
}

async function makeKey(path: string): Promise<void> {
  const program = await findTool('ssh-keygen')
  const { ok, problem } = program
    ? await run(program, ['-q', '-t', 'ed25519', '-N', '', '-C', 'microvm-orchestrator', '-f', path])
    : { ok: false, problem: 'ssh-keygen was not found' }
  if (ok) return
  throw new AppError('host-incomplete', `Keys for ssh cannot be made: ${problem}`, {
    hint: 'Install the client of OpenSSH on this host',
  })
}
