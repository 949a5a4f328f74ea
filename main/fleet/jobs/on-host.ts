import type { SshHost } from '../../core/task/task-place.ts'
import { sshArguments } from '../ssh/ssh-command.ts'

/** The program and arguments that run these words on a host; on this one where none is named. Pure. */
export function onHost(host: SshHost | null, words: readonly string[]): readonly [string, readonly string[]] {
  const [program = '', ...args] = words
  return host ? ['ssh', sshArguments(host, words)] : [program, args]
}
