import { createHash } from 'node:crypto'
import { AppError } from '../../core/failure.ts'
import { findTool } from '../../lib/processes/find-tool.ts'
import { type RunResult, run } from '../../lib/processes/spawn.ts'

/** The system's own place for secrets, by the program that it comes with. Each home has names of its own there. */
export interface Keychain {
  /** For a person. */
  readonly name: string
  /** Undefined where it has none of this name. @throws AppError('home-unusable') where it is locked, or does not answer. */
  read(secret: string): Promise<string | undefined>
  /** In place of one of this name. @throws as `read` does. */
  write(secret: string, value: string): Promise<void>
  /** Does nothing where there is none of this name. @throws as `read` does. */
  remove(secret: string): Promise<void>
}

/** A person may have to allow it, in a dialog of the system's. */
const longestMs = 60_000

/**
 * The keychain of this host: `security` on a Mac, elsewhere the Secret Service by `secret-tool`.
 * @throws AppError('argument-invalid') where there is none.
 */
export async function openKeychain(home: string, platform: NodeJS.Platform = process.platform): Promise<Keychain> {
  const isMac = platform === 'darwin'
  const program = await findTool(isMac ? 'security' : 'secret-tool')
  if (program === undefined) {
    throw new AppError('argument-invalid', 'This host has no keychain that is known here', {
      hint: isMac
        ? 'security, which macOS has, is not on the PATH'
        : 'Install secret-tool (libsecret-tools in Debian) and a keyring, or leave --keychain out: a file holds the secret then',
    })
  }
  const service = `microvm-orchestrator-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`
  return isMac ? macKeychain(program, service) : secretService(program, service)
}

/** See security(1). Of what it is asked nothing that is secret stands in its arguments: other users can list those. */
function macKeychain(program: string, service: string): Keychain {
  const name = 'the keychain of this Mac'
  const item = (secret: string) => ['-a', secret, '-s', service]
  const read: Keychain['read'] = async (secret) => {
    const answer = await ask(program, ['find-generic-password', ...item(secret), '-w'])
    if (answer.ok) return answer.stdout.replace(/\n$/, '')
    if (answer.exitCode === notFoundOnMac) return undefined
    throw locked(name, answer)
  }
  return {
    name,
    read,
    write: async (secret, value) => {
      const hex = Buffer.from(value, 'latin1').toString('hex')
      // Its interactive mode says nothing of how a command ended: what it has then does.
      const command = `add-generic-password -U -a ${secret} -s ${service} -X ${hex}\n`
      const answer = await ask(program, ['-i'], command)
      if ((await read(secret)) !== value) throw locked(name, answer)
    },
    remove: async (secret) => {
      const answer = await ask(program, ['delete-generic-password', ...item(secret)])
      if (!answer.ok && answer.exitCode !== notFoundOnMac) throw locked(name, answer)
    },
  }
}

/** errSecItemNotFound, -25300, in the one byte that a process has for its end. */
const notFoundOnMac = 44

/** See secret-tool(1), of libsecret. */
function secretService(program: string, service: string): Keychain {
  const name = 'the keyring of this session'
  const attributes = (secret: string) => ['service', service, 'name', secret]
  const read: Keychain['read'] = async (secret) => {
    const answer = await ask(program, ['lookup', ...attributes(secret)])
    if (answer.ok) return answer.stdout
    // Where it has none it ends with 1 and says nothing.
    if (answer.exitCode === 1 && answer.stderr.trim() === '') return undefined
    throw locked(name, answer)
  }
  return {
    name,
    read,
    write: async (secret, value) => {
      const label = `--label=${secret} of microvm-orchestrator`
      const answer = await ask(program, ['store', label, ...attributes(secret)], value)
      if (!answer.ok || (await read(secret)) !== value) throw locked(name, answer)
    },
    remove: async (secret) => {
      const answer = await ask(program, ['clear', ...attributes(secret)])
      if (!answer.ok && answer.stderr.trim() !== '') throw locked(name, answer)
    },
  }
}

const ask = (program: string, args: readonly string[], input?: string): Promise<RunResult> =>
  run(program, args, { timeoutMs: longestMs, outputLimitBytes: 64 * 1024, ...(input !== undefined && { input }) })

/** What it printed may hold the secret, so only its errors are told. */
function locked(name: string, { timedOut, stderr, exitCode }: RunResult): AppError {
  const why = timedOut ? 'it did not answer within a minute' : stderr.trim().split('\n')[0]?.slice(0, 200)
  return new AppError('home-unusable', `A secret that lies in ${name} cannot be had: ${why || `status ${exitCode}`}`, {
    hint: 'Unlock it, in the session of your user; or add the secret again without --keychain',
  })
}
