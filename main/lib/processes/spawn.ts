import { execa } from 'execa'
import { BoundedLines } from '../guest/bounded-lines.ts'
import { OutputTooLarge } from './output-too-large.ts'
import { requireDescriptors } from './require-descriptors.ts'

/** No program prints more for us to keep: what does was made to by what a guest left. */
export const outputLimit = 100_000_000

export interface RunOptions {
  readonly cwd?: string
  /** The whole environment of the child; left out, it inherits ours. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
  readonly timeoutMs?: number
  /** How long it may tidy up between SIGTERM and SIGKILL; default 5 s. */
  readonly killAfterMs?: number
  /** How the output becomes text; `latin1` keeps every byte as one character. Default `utf8`. */
  readonly encoding?: 'utf8' | 'latin1'
  /** What it may print in all on either stream, default `outputLimit`; one that prints more is ended, and the run has failed. */
  readonly outputLimitBytes?: number
  /** Told each line of the standard output while the program runs. */
  readonly onLine?: (line: string) => void
}

/** How a child process ended; a failure is data here, `runOrThrow` makes it an error. */
export interface RunResult {
  readonly command: string
  readonly ok: boolean
  /** null when a signal ended it, or it could not be started. */
  readonly exitCode: number | null
  readonly signal: string | null
  readonly timedOut: boolean
  readonly cancelled: boolean
  readonly stdout: string
  readonly stderr: string
  /** Why it could not be started or did not succeed, one line. */
  readonly problem: string | null
  /** The limit that its output passed; what is kept of it is then a part, and not to be read as the whole. */
  readonly cutAtBytes: number | null
}

/**
 * Runs a program to its end with no shell. Never rejects. The signal ends it with SIGTERM, then SIGKILL after 5 s; so does output
 * beyond the limit, which is counted as it comes.
 */
export async function run(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
  signal?: AbortSignal,
): Promise<RunResult> {
  const { onLine, outputLimitBytes = outputLimit, encoding = 'utf8' } = options
  const command = [file, ...args].join(' ')
  try {
    requireDescriptors()
  } catch (error) {
    return notStarted(command, error)
  }
  // No pipe for nothing: it would cost as much again as all else here.
  const input = options.input?.length === 0 ? undefined : options.input
  const child = execa(file, args, {
    reject: false,
    buffer: false, // Counted here, while it comes: what is kept there is cut without a word, or ends this process.
    encoding: 'buffer',
    stdin: input === undefined ? 'ignore' : 'pipe',
    ...(input !== undefined && { input }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env, extendEnv: false }),
    ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
    ...(options.killAfterMs !== undefined && { forceKillAfterDelay: options.killAfterMs }),
    ...(signal !== undefined && { cancelSignal: signal }),
  })
  let defect: unknown
  const lines = onLine && new BoundedLines(lineLimitBytes)
  const tellLines = (chunk: Buffer): void => {
    if (lines === undefined || onLine === undefined || defect !== undefined) return
    try {
      for (const line of lines.add(chunk)) onLine(line)
    } catch (error) {
      defect = error
      child.kill()
    }
  }
  const output = new Collected(outputLimitBytes, () => child.kill())
  const errors = new Collected(outputLimitBytes, () => child.kill())
  child.stdout.on('data', (chunk: Buffer) => {
    output.add(chunk)
    tellLines(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => errors.add(chunk))
  const result = await child
  if (output.endsInALine) tellLines(Buffer.from('\n'))
  const cut = output.isCut || errors.isCut
  const tooLarge = cut ? new OutputTooLarge(command, outputLimitBytes).message : undefined
  const failed = result.failed || cut || defect !== undefined
  return {
    command,
    ok: !failed,
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    timedOut: result.timedOut,
    cancelled: result.isCanceled,
    stdout: output.toString(encoding),
    stderr: errors.toString(encoding),
    problem: failed
      ? (tooLarge ?? (defect === undefined ? undefined : String(defect)) ?? result.shortMessage ?? 'failed')
      : null,
    cutAtBytes: cut ? outputLimitBytes : null,
  }
}

/** A longer line of a program is not reported. */
const lineLimitBytes = 1024 ** 2

/** What a stream brought, up to a limit. */
class Collected {
  readonly #chunks: Buffer[] = []
  readonly #limitBytes: number
  readonly #onLimit: () => void
  #bytes = 0
  isCut = false

  constructor(limitBytes: number, onLimit: () => void) {
    this.#limitBytes = limitBytes
    this.#onLimit = onLimit
  }

  /** Whether the last line has no line break. */
  get endsInALine(): boolean {
    const last = this.#chunks.at(-1)
    return last !== undefined && last.at(-1) !== 0x0a
  }

  add(chunk: Buffer): void {
    if (this.isCut) return
    this.#bytes += chunk.length
    if (this.#bytes <= this.#limitBytes) this.#chunks.push(chunk)
    else {
      this.isCut = true
      this.#onLimit()
    }
  }

  toString(encoding: 'utf8' | 'latin1'): string {
    return Buffer.concat(this.#chunks).toString(encoding)
  }
}

const notStarted = (command: string, error: unknown): RunResult => ({
  ...{ command, ok: false, exitCode: null, signal: null, timedOut: false, cancelled: false, stdout: '', stderr: '' },
  problem: `${command} could not be started: ${String(error)}`,
  cutAtBytes: null,
})

/** Runs a program on this process's own terminal. Resolves with its exit status; null when a signal ended it or it did not start. */
export async function runAttached(file: string, args: readonly string[]): Promise<number | null> {
  const { exitCode } = await execa(file, args, { reject: false, stdio: 'inherit' })
  return exitCode ?? null
}

/** A program that did not succeed; the message carries the last lines that it wrote. */
export class RunError extends Error {
  override readonly name = 'RunError'
  readonly result: RunResult

  constructor(result: RunResult) {
    const lastLines = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-8).join('\n')
    super(`${result.problem ?? `${result.command} failed`}${lastLines ? `\n${lastLines}` : ''}`)
    this.result = result
  }
}

/** @throws RunError unless the program exits with 0, OutputTooLarge when it printed more than it may. */
export async function runOrThrow(
  file: string,
  args: readonly string[],
  options: RunOptions = {},
  signal?: AbortSignal,
): Promise<RunResult> {
  const result = await run(file, args, options, signal)
  if (signal?.aborted) throw signal.reason
  if (result.cutAtBytes !== null) throw new OutputTooLarge(result.command, result.cutAtBytes)
  if (!result.ok) throw new RunError(result)
  return result
}
