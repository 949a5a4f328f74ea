import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'

const checkout = join(import.meta.dirname, '../..')

export interface CommandOptions {
  /** Replaces `~/.microvm-orchestrator`. */
  readonly home: string
  readonly cwd?: string
  /** Whose command it is; default this one. */
  readonly checkout?: string
  /** Added to an environment with nothing of ours or Claude Code's in it. */
  readonly env?: Readonly<Record<string, string>>
  /** For its standard input; without it that is empty. */
  readonly input?: string
}

export interface CommandResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Starts the command as a user would, as a process of its own. */
export function startCommand(args: readonly string[], options: CommandOptions): ChildProcess {
  const { home, cwd, env, input } = options
  const launcher = join(options.checkout ?? checkout, 'main/microvm-orchestrator.mjs')
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd: cwd ?? home,
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: home, MICROVM_ORCHESTRATOR_HOME: home, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  return child
}

/** Runs the command to its end. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const child = startCommand(args, options)
  let stdout = ''
  let stderr = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
  })
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }))
  })
}
