import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { requireDescriptors } from '../lib/spawn.ts'
import { gitEnvironment, settings } from './environment.ts'
import { GitError, type GitOptions } from './git.ts'

/** What a guest chose the length of was longer than is taken. */
export class OutputLimitError extends Error {
  override readonly name = 'OutputLimitError'
}

export interface Limits {
  /** Of the whole output. */
  readonly bytes: number
  /** Of a record; default 64 KiB. */
  readonly recordBytes?: number
}

/** A git process whose output is read while it comes. Disposing it ends it, with what feeds it. */
export interface GitStream extends AsyncDisposable {
  readonly stdout: Readable
  /** @throws GitError unless it exits with 0. Its output must have been read. */
  succeeded(): Promise<void>
}

/** Starts git and reads nothing yet. `feed` is another one whose output becomes its input. */
export function streamGit(
  args: readonly string[],
  options: GitOptions & { readonly feed?: GitStream },
  signal?: AbortSignal,
): GitStream {
  signal?.throwIfAborted()
  requireDescriptors()
  const all = [...settings, ...(options.config ?? [])].flatMap((setting) => ['-c', setting])
  const child = spawn('git', [...all, ...args], {
    cwd: options.cwd,
    env: { ...gitEnvironment(options.trust), ...options.env },
    stdio: [options.input === undefined && !options.feed ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(signal && { signal }),
  })
  let stderr = ''
  child.stderr?.setEncoding('latin1').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000)
  })
  child.stdin?.on('error', () => undefined) // It ended without reading on: how it ended tells why.
  const failed = new Promise<Error | null>((resolve) => child.once('error', resolve))
  const ended = Promise.race([failed, new Promise<null>((resolve) => child.once('close', () => resolve(null)))])
  if (options.feed) options.feed.stdout.pipe(child.stdin as NonNullable<ChildProcess['stdin']>)
  else if (options.input !== undefined)
    child.stdin?.end(typeof options.input === 'string' ? Buffer.from(options.input, 'latin1') : options.input)
  return {
    stdout: child.stdout as Readable,
    succeeded: async () => {
      const error = await ended
      signal?.throwIfAborted()
      if (error) throw error
      if (child.exitCode !== 0) throw new GitError(args, { exitCode: child.exitCode, stdout: '', stderr })
      await options.feed?.succeeded()
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      child.stdout?.destroy()
      await ended
      await options.feed?.[Symbol.asyncDispose]()
    },
  }
}

/** The parts of a stream between separators, a character a byte. @throws OutputLimitError */
export async function* recordsOf(stream: Readable, separator: '\n' | '\0', limits: Limits): AsyncGenerator<string> {
  const longest = limits.recordBytes ?? 64 * 1024
  let left = limits.bytes
  let rest = ''
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    left -= chunk.length
    if (left < 0) throw new OutputLimitError(`more than ${limits.bytes} bytes`)
    const parts = (rest + chunk.toString('latin1')).split(separator)
    rest = parts.pop() ?? ''
    if (rest.length > longest) throw new OutputLimitError(`a record of more than ${longest} bytes`)
    yield* parts
  }
  if (rest !== '') yield rest
}
