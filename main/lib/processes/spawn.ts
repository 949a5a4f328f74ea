import { type StdioOptions, spawn as spawnChild } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { execa } from 'execa'
import { BoundedLines } from '../guest/bounded-lines.ts'
import { OutputTooLarge } from './output-too-large.ts'

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

/** Standard streams with both their ends, and what the start itself takes. */
const descriptorsOfAStart = 12

/**
 * Throws EMFILE or ENFILE where a program could not be started for lack of descriptors. Node leaves such a child without streams, and
 * its error comes later, unheard, and would end this process.
 */
export function requireDescriptors(): void {
  const opened: number[] = []
  try {
    while (opened.length < descriptorsOfAStart) opened.push(openSync('/dev/null', 'r'))
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
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
  const child = execa(file, args, {
    reject: false,
    buffer: false, // Counted here, while it comes: what is kept there is cut without a word, or ends this process.
    encoding: 'buffer',
    stdin: options.input === undefined ? 'ignore' : 'pipe',
    ...(options.input !== undefined && { input: options.input }),
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

/** A longer answer is that of a program which a guest's data made to give it. */
const answerLimit = 64 * 1024 ** 2

/**
 * A child process that is spoken to line by line. Disposing it ends it. What it prints waits in its pipe until someone asks for it.
 * Asking throws OutputTooLarge for an answer beyond the limit, and ends the child.
 */
export interface Conversation extends AsyncDisposable {
  /** Writes the line (its newline is added) and answers the next line that the child prints; undefined when it ended instead. */
  ask(line: string): Promise<string | undefined>
  /** The next line that the child prints, without its newline; undefined when it ended before. */
  nextLine(): Promise<string | undefined>
  /** The next so many characters that the child prints; undefined when it ended before. */
  read(count: number): Promise<string | undefined>
  /** Writes a line that has no answer. */
  tell(line: string): void
  /** Closes the child's input and answers how it ended. */
  end(): Promise<{ readonly exitCode: number | null; readonly stderr: string }>
}

/**
 * Starts a program for questions and answers over its standard streams. It is killed when the signal fires.
 * @throws when it cannot be started.
 */
export async function converse(
  file: string,
  args: readonly string[],
  options: Pick<RunOptions, 'cwd' | 'env' | 'encoding'> & {
    /** Of one line or one read, default 64 MiB. */
    readonly answerLimitBytes?: number
  } = {},
  signal?: AbortSignal,
): Promise<Conversation> {
  const limit = options.answerLimitBytes ?? answerLimit
  requireDescriptors()
  const child = spawnChild(file, args, {
    stdio: 'pipe',
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: { ...options.env } }),
    ...(signal !== undefined && { signal }),
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000)
  })
  // A child that is gone no longer reads; how it ended is told by `end`.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  child.on('error', () => undefined) // The signal's: the child's end says it.
  let printed = ''
  let wake = (): void => undefined
  let isOpen = true
  let isLeft = false
  child.stdout
    .setEncoding(options.encoding ?? 'utf8')
    .on('data', (text: string) => {
      if (isLeft) return
      printed += text
      if (printed.length > limit) child.stdout.pause()
      wake()
    })
    .once('close', () => {
      isOpen = false
      wake()
    })
  /** No one asks any more: what it still prints is thrown away, since it ends only when its pipe is empty. */
  const leave = (): void => {
    isLeft = true
    printed = ''
    child.stdout.resume()
  }
  const refuse = (): never => {
    child.kill('SIGKILL')
    leave()
    throw new OutputTooLarge([file, ...args].join(' '), limit)
  }
  /** Takes as many characters as `find` counts, once it counts any. */
  const take = async (find: () => number): Promise<string | undefined> => {
    for (;;) {
      const count = find()
      if (count > 0) {
        const taken = printed.slice(0, count)
        printed = printed.slice(count)
        if (printed.length <= limit) child.stdout.resume()
        return taken
      }
      if (printed.length > limit) return refuse()
      if (!isOpen) return undefined
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const tell = (line: string) => void child.stdin.write(`${line}\n`)
  const nextLine = async () => (await take(() => printed.indexOf('\n') + 1))?.slice(0, -1)
  const end = async () => {
    child.stdin.end()
    leave()
    return { exitCode: await ended, stderr }
  }
  return {
    tell,
    ask: async (line) => {
      tell(line)
      return await nextLine()
    },
    nextLine,
    read: async (count) => (count > limit ? refuse() : await take(() => (printed.length >= count ? count : 0))),
    end,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill()
      leave()
      await ended
    },
  }
}

export interface DetachedOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdio?: StdioOptions
  /** Goes to its standard input, which `stdio` then makes a pipe. */
  readonly input?: string
}

/**
 * Starts a program in a session of its own that outlives this process.
 * @returns its pid and its end as this process sees it; the end is for a parent that still lives, nothing more.
 * @throws when the program cannot be started.
 */
export async function startDetached(
  file: string,
  args: readonly string[],
  options: DetachedOptions = {},
): Promise<{ pid: number; ended: Promise<{ exitCode: number | null; signal: string | null }> }> {
  requireDescriptors()
  const child = spawnChild(file, args, {
    detached: true,
    stdio: options.stdio ?? 'ignore',
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: { ...options.env } }),
  })
  const ended = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  child.stdin?.on('error', () => undefined) // It ended without reading: `ended` tells.
  if (options.input !== undefined) child.stdin?.end(options.input)
  child.unref()
  if (child.pid === undefined) throw new Error(`${file} started without a pid`)
  return { pid: child.pid, ended }
}
