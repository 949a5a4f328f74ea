import { type SimpleGitOptions, simpleGit } from 'simple-git'
import { type Conversation, converse } from '../../lib/processes/converse.ts'
import { OutputTooLarge } from '../../lib/processes/output-too-large.ts'
import { requireDescriptors } from '../../lib/processes/require-descriptors.ts'
import { outputLimit, run } from '../../lib/processes/spawn.ts'
import { gitEnvironment, settings, type Trust } from './environment.ts'
import { missingGit } from './missing-git.ts'

export interface GitOptions {
  /** Where git runs; it must exist. */
  readonly cwd: string
  readonly trust: Trust
  /** Added to the clean environment: `GIT_DIR`, `GIT_INDEX_FILE`, an identity. */
  readonly env?: Readonly<Record<string, string>>
  /** Given to git's standard input; a string's characters are bytes. */
  readonly input?: string | Uint8Array
  /** Settings for this call alone, `name=value`. */
  readonly config?: readonly string[]
  /** What git may print, counted as it comes; default 100 MB; beyond it git is ended and the call throws. */
  readonly outputLimitBytes?: number
}

/** The options of calls that differ in their input alone. */
export type GitCalls = (input?: string) => GitOptions

/** How a git process ended. Output comes as latin1: one character a byte, because paths and messages are bytes. */
export interface GitResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A git process that did not succeed, where success was expected. */
export class GitError extends Error {
  override readonly name = 'GitError'
  readonly result: GitResult

  constructor(args: readonly string[], result: GitResult) {
    const said = utf8(result.stderr).trim().split('\n').slice(-8).join('\n')
    super(`git ${args[0] ?? ''} failed (exit ${result.exitCode})${said ? `: ${said}` : ''}`)
    this.result = result
  }
}

/** Every category that simple-git guards: our arguments are our own, and it is here that they switch the guarded things off. */
const unsafe: NonNullable<SimpleGitOptions['unsafe']> = {
  allowUnsafeFsMonitor: true,
  allowUnsafeHooksPath: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeSubmodule: true,
}

/**
 * Runs git to its end. A failed git is data here; `gitText` and `gitOrThrow` make it an error.
 * @throws the signal's reason when it fires, OutputTooLarge when git prints more than it may: what was cut is never an answer.
 */
export async function git(args: readonly string[], options: GitOptions, signal?: AbortSignal): Promise<GitResult> {
  signal?.throwIfAborted()
  if (options.input !== undefined) return await gitWithInput(args, options, signal)
  requireDescriptors()
  const env = { ...gitEnvironment(options.trust), ...options.env }
  const limit = options.outputLimitBytes ?? outputLimit
  const tooLarge = new AbortController()
  const collect = (chunks: Buffer[]) => {
    let bytes = 0
    return (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes <= limit) chunks.push(chunk)
      else tooLarge.abort(new OutputTooLarge(`git ${args.join(' ')}`, limit))
    }
  }
  const output: Buffer[] = []
  const errors: Buffer[] = []
  let exitCode: number | null = null
  const instance = simpleGit({
    baseDir: options.cwd,
    config: [...settings, ...(options.config ?? [])],
    allowEnvironment: Object.keys(env),
    unsafe,
    // The streams are complete only when they are closed.
    completion: { onClose: true, onExit: false },
    errors: (error, result) => {
      exitCode = result.exitCode
      // An exit status is the caller's to judge; a process that never ran or was killed is an error.
      return exitCode >= 0 && exitCode <= 255 ? undefined : error
    },
    abort: AbortSignal.any([tooLarge.signal, ...(signal === undefined ? [] : [signal])]),
  })
  instance.env(env).outputHandler((_command, stdout, stderr) => {
    stdout.on('data', collect(output))
    stderr.on('data', collect(errors))
  })
  try {
    await instance.raw([...args])
  } catch (error) {
    signal?.throwIfAborted()
    tooLarge.signal.throwIfAborted()
    throw missingGit(options.cwd, String(error)) ?? error
  }
  signal?.throwIfAborted()
  tooLarge.signal.throwIfAborted()
  return {
    exitCode,
    stdout: Buffer.concat(output).toString('latin1'),
    stderr: Buffer.concat(errors).toString('latin1'),
  }
}

/** simple-git waits 50 ms after a process that printed nothing, and decodes as UTF-8: what reads stdin goes past it. */
async function gitWithInput(args: readonly string[], options: GitOptions, signal?: AbortSignal): Promise<GitResult> {
  const input = typeof options.input === 'string' ? Buffer.from(options.input, 'latin1') : (options.input ?? '')
  const result = await run(
    'git',
    [...asArguments(options), ...args],
    {
      cwd: options.cwd,
      env: { ...gitEnvironment(options.trust), ...options.env },
      input,
      encoding: 'latin1',
      outputLimitBytes: options.outputLimitBytes ?? outputLimit,
    },
    signal,
  )
  signal?.throwIfAborted()
  if (result.cutAtBytes !== null) throw new OutputTooLarge(result.command, result.cutAtBytes)
  if (result.exitCode === null && result.signal === null)
    throw (
      missingGit(options.cwd, result.problem ?? '') ?? new GitError(args, { ...result, stderr: result.problem ?? '' })
    )
  if (result.exitCode !== 0) {
    const missing = missingGit(options.cwd, result.stderr)
    if (missing) throw missing
  }
  return result
}

/** `git` for a call that prints little or nothing: as an empty input, so that it costs no wait. */
export const gitQuickly = (args: readonly string[], options: GitOptions, signal?: AbortSignal): Promise<GitResult> =>
  git(args, { input: '', ...options }, signal)

/** @throws GitError unless git exits with 0. */
export async function gitOrThrow(
  args: readonly string[],
  options: GitOptions,
  signal?: AbortSignal,
): Promise<GitResult> {
  const result = await gitQuickly(args, options, signal)
  if (result.exitCode !== 0) throw new GitError(args, result)
  return result
}

/** What git printed, with no final newline. @throws GitError unless git exits with 0. */
export async function gitText(args: readonly string[], options: GitOptions, signal?: AbortSignal): Promise<string> {
  return (await gitOrThrow(args, options, signal)).stdout.replace(/\n$/, '')
}

/** A git process that is spoken to line by line. */
export const gitConversation = (
  args: readonly string[],
  options: Omit<GitOptions, 'input'>,
  signal?: AbortSignal,
): Promise<Conversation> =>
  converse(
    'git',
    [...asArguments(options), ...args],
    { cwd: options.cwd, env: { ...gitEnvironment(options.trust), ...options.env }, encoding: 'latin1' },
    signal,
  )

/** The text that the bytes of git's output stand for. */
export const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')

/** The records of `-z` output. */
export const zeroSeparated = (output: string): string[] => output.split('\0').slice(0, -1)

const asArguments = (options: Pick<GitOptions, 'config'>) =>
  [...settings, ...(options.config ?? [])].flatMap((setting) => ['-c', setting])
