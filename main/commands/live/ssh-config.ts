import { lstat, mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { writeAtomically } from '../../lib/files/atomic-file.ts'
import { ensurePrivateFolder } from '../../lib/files/private-folder.ts'
import { ownWords } from '../../lib/processes/own-command.ts'
import { sshKeyFiles } from '../../tasks/attach/ssh-keys.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Has the user's ssh reach the machines of this home's tasks: writes how into a file of the home, and has the user's configuration include that. */
export async function sshConfig({ home, env, cwd, say, note }: Terminal, file?: string): Promise<void> {
  const own = join(home, 'ssh', 'config')
  const entry = sshEntry(home, ownWords())
  await ensurePrivateFolder(dirname(own))
  await writeAtomically(own, entry)
  const users = file === undefined ? join(env.HOME ?? homedir(), '.ssh', 'config') : resolve(cwd, file)
  const include = `Include "${own}"`
  const isNew = await addInclude(users, include)
  say(isNew ? `Added to ${users}: ${include}` : `Already in ${users}: ${include}`)
  note('The machine of a task that works is ID.microvm now, as in: ssh ID.microvm. Its clone is /workspace/repo.')
}

/**
 * What ssh is to know of our machines. The first value that ssh finds holds, so whatever could make it trust a guest further is set here. A name with a quote or a
 * slash in it is none of a task's: so none reaches the shell that runs the proxy, nor a path, whoever had the user's ssh connect to it.
 * @param program the words by which this program is called.
 */
export function sshEntry(home: string, program: readonly string[]): string {
  requireNameable(home)
  const keys = (name: string): string => `"${join(home, 'ssh', '%h', name)}"`
  const proxy = ['env', `MICROVM_ORCHESTRATOR_HOME=${home}`, ...program, 'ssh-proxy'].map(quotedForShell)
  const settings = [
    'User claude',
    `ProxyCommand ${proxy.join(' ')} '%h'`,
    `IdentityFile ${keys(sshKeyFiles.user)}`,
    ...['IdentitiesOnly yes', 'IdentityAgent none', 'AddKeysToAgent no', 'PreferredAuthentications publickey'],
    `UserKnownHostsFile ${keys(sshKeyFiles.known)}`,
    ...['GlobalKnownHostsFile /dev/null', 'StrictHostKeyChecking yes', 'UpdateHostKeys no', 'CanonicalizeHostname no'],
    ...['ForwardAgent no', 'ForwardX11 no', 'ForwardX11Trusted no', 'PermitLocalCommand no', 'Tunnel no'],
  ]
  return [
    '# Written by: microvm-orchestrator ssh-config',
    `Host ????????.microvm "!*'*" !*/*`,
    ...settings.map((line) => `  ${line}`),
    '',
  ].join('\n')
}

/** Puts the line at the top, where it is about every host. @returns whether it was not there. */
async function addInclude(path: string, include: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const isThere = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!isThere) {
    await writeAtomically(path, `${include}\n`)
    return true
  }
  const real = await realpath(path) // Many keep it elsewhere, and a link to it here.
  const content = await readFile(real, 'utf8')
  if (content.split('\n').some((line) => line.trim() === include)) return false
  await writeAtomically(real, `${include}\n\n${content}`, (await stat(real)).mode & 0o777)
  return true
}

/** @throws AppError('home-unusable') for a path that no configuration of ssh can name as it is. */
function requireNameable(path: string): void {
  if (!/["\\$*?[\]%\n]/.test(path)) return
  throw new AppError('home-unusable', `The configuration of ssh cannot name ${path}`, {
    hint: 'Use a home whose path has none of " \\ $ * ? [ ] %',
  })
}

/** One word for the shell by which ssh runs the proxy; ssh itself gives a `%` a meaning. */
const quotedForShell = (word: string): string => `'${word.replaceAll("'", "'\\''").replaceAll('%', '%%')}'`
