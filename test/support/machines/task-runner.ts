import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageDirectory } from '../../../main/lib/files/paths.ts'
import { type RunResult, run, runOrThrow } from '../../../main/lib/processes/spawn.ts'

export const runnerKey = 'sk-ant-the-only-copy'

interface RunnerResult {
  readonly success: boolean
  readonly summary: string
  readonly error: string | null
  readonly exit_code: number | null
  readonly check?: { readonly exit_code: number; readonly output: string }
}

export interface RunnerWorld {
  /** The share; the clone is `repo` in it, as in a guest. */
  readonly share: string
  readonly repo: string
  /** Where the programs below write what they saw. */
  readonly seen: string
  /** Runs the real script to its end, or to SIGTERM when the signal fires. */
  run(signal?: AbortSignal): Promise<RunResult>
  result(): Promise<RunnerResult>
  /** The files whose presence and content are promised, as text. */
  read(path: string): Promise<string>
}

export interface RunnerWorldOptions {
  readonly task?: string
  /** Bash in place of Claude Code; `$SEEN` is the folder to write to. */
  readonly claude?: string
  /** Bash before nix enters the shell; `exit 1` is a shell that cannot be entered. */
  readonly nix?: string
  readonly environment?: Readonly<Record<string, string>>
  /** A guest for ARM; `rosetta` is bash in place of Rosetta, which is given the program that it is to run. */
  readonly arm?: { readonly rosetta: string | undefined }
  /** How long an agent that was interrupted waits for a message. */
  readonly holdSeconds?: number
}

/** What a program in place of Claude Code is told first, out of its standard input; more of it may come. */
export const toldFirst = 'head -n 1 | jq -rj .message.content'

export const finalLine = (result: string, fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result, ...fields })

/** Prints the line from a fake Claude whatever quotes it has. */
export const print = (line: string): string => `printf '%s\\n' '${line.replaceAll("'", `'\\''`)}'\n`

/** A folder as a guest sees it, with programs in place of nix, Claude and the power switch; git and jq are real. */
export async function runnerWorld(folder: string, options: RunnerWorldOptions = {}): Promise<RunnerWorld> {
  const {
    task = 'Do it',
    claude = print(finalLine('Done')),
    nix = '',
    environment = {},
    holdSeconds = 1,
    arm,
  } = options
  const share = join(folder, 'workspace')
  const repo = join(share, 'repo')
  const seen = join(folder, 'seen')
  const bin = join(folder, 'bin')
  const home = join(folder, 'home')
  const state = join(folder, 'state')
  for (const path of [repo, seen, bin, home, state]) await mkdir(path, { recursive: true })
  const program = async (name: string, body: string): Promise<void> => {
    await writeFile(
      join(bin, name),
      `#!/bin/bash\nSEEN='${seen}'\n[ "\${1-}" != --version ] || { echo "${name}" >>"$SEEN/primed"; exit; }\n${body}\n`,
    )
    await chmod(join(bin, name), 0o755)
  }
  await program(
    'claude',
    `printf '%s\\0' "$@" >"$SEEN/claude-arguments"\nenv -0 >"$SEEN/claude-environment"\n${claude}`,
  )
  await program(
    'nix',
    `printf '%s\\0' "$@" >"$SEEN/nix-arguments"\nenv -0 >"$SEEN/nix-environment"\n${nix}
while [ "$1" != --command ]; do shift; done\nshift\nexec "$@"`,
  )
  await program('power-off', 'echo off >>"$SEEN/power-off"')
  const binfmt = join(folder, 'binfmt')
  await mkdir(binfmt, { recursive: true })
  if (arm) await program('uname', 'echo aarch64')
  if (arm?.rosetta !== undefined) {
    await program('rosetta', arm.rosetta)
    // As the kernel shows what is registered.
    await writeFile(join(binfmt, 'rosetta'), `enabled\ninterpreter ${join(bin, 'rosetta')}\nflags: OCF\noffset 0\n`)
  }
  const git = async (...args: string[]): Promise<string> =>
    (await runOrThrow('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.com', ...args], { cwd: repo })).stdout
  await git('init', '-q')
  await git('commit', '-q', '--allow-empty', '-m', 'Start')
  await writeFile(join(share, 'start-ref'), await git('rev-parse', 'HEAD'))
  await writeFile(join(share, 'task.md'), task)
  await writeFile(join(share, '.api-key'), runnerKey, { mode: 0o600 })
  const given = { MICROVM_KEY_VARIABLE: 'ANTHROPIC_API_KEY', MICROVM_NETWORK: 'closed', ...environment }
  await writeFile(
    join(share, 'environment'),
    Object.entries(given)
      .map((pair) => `${pair.join('=')}\0`)
      .join(''),
  )
  await writeFile(join(folder, 'slabinfo'), '')
  await writeFile(join(folder, 'routes'), 'Iface Destination Gateway\n')
  await writeFile(join(folder, 'resolv.conf'), '')

  const env = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    MICROVM_WORKSPACE: share,
    MICROVM_STATE: state,
    MICROVM_USER_HOME: home,
    MICROVM_RUNTIME_DIR: join(folder, 'run'),
    MICROVM_SAME_USER: 'yes',
    MICROVM_POWER_OFF: join(bin, 'power-off'),
    MICROVM_ROUTES: join(folder, 'routes'),
    MICROVM_RESOLV_CONF: join(folder, 'resolv.conf'),
    MICROVM_GRACE_SECONDS: '1',
    MICROVM_BINFMT: binfmt,
    MICROVM_INTERRUPTED_SECONDS: String(holdSeconds),
    MICROVM_CHECK_FOLDER: join(folder, 'check'),
    MICROVM_SLABINFO: join(folder, 'slabinfo'),
    MICROVM_DROP_CACHES: join(folder, 'drop_caches'),
  }
  const script = join(packageDirectory(), 'nix', 'task-runner.sh')
  const read = (path: string): Promise<string> => readFile(path, 'utf8')
  return {
    share,
    repo,
    seen,
    run: (signal) => run('bash', [script], { env, cwd: folder }, signal),
    result: async () => JSON.parse(await read(join(share, 'result.json'))) as RunnerResult,
    read,
  }
}
