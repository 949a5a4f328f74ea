import type { SshHost } from '../../core/task/task-place.ts'

/** Nothing is asked at a terminal, and a host that is gone is noticed: a task waits for its answer. */
const always = [
  'BatchMode=yes',
  'ConnectTimeout=10',
  'ServerAliveInterval=10',
  'ServerAliveCountMax=3',
  'ForwardAgent=no',
  'ForwardX11=no',
  'ClearAllForwardings=yes',
  'PermitLocalCommand=no',
  'ControlMaster=no',
]

/** The arguments of `ssh` that run these words there, whatever shell the user has there. The user's own options come first, and count. Pure. */
export function sshArguments({ host, options }: SshHost, words: readonly string[]): readonly string[] {
  const asked = [...options, ...always].flatMap((option) => ['-o', option])
  return ['-T', ...asked, '--', host, words.map(quoted).join(' ')]
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** What ssh itself needs of our environment: no key of the user's, since a `SendEnv` would take it along. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SSH_AUTH_SOCK', 'SSH_ASKPASS', 'XDG_RUNTIME_DIR', 'TMPDIR']

export const sshEnvironment = (env: NodeJS.ProcessEnv = process.env): Record<string, string> => ({
  LANG: 'C',
  ...Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]))),
})
