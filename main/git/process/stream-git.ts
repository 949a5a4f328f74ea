import type { Readable } from 'node:stream'
import { streamProgram } from '../../lib/processes/stream-program.ts'
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

/** A git process whose output is read while it comes. Disposing it ends it. */
export interface GitStream extends AsyncDisposable {
  readonly stdout: Readable
  /** @throws GitError unless it exits with 0. Its output must have been read. */
  succeeded(): Promise<void>
}

/** Starts git and reads nothing yet. `feed`, in place of `input`, is written to it as it comes. */
export function streamGit(
  args: readonly string[],
  options: GitOptions & { readonly feed?: Readable },
  signal?: AbortSignal,
): GitStream {
  const all = [...settings, ...(options.config ?? [])].flatMap((setting) => ['-c', setting])
  const { input } = options
  const feed = options.feed ?? (typeof input === 'string' ? Buffer.from(input, 'latin1') : input)
  const env = { ...gitEnvironment(options.trust), ...options.env }
  const program = streamProgram('git', [...all, ...args], { cwd: options.cwd, env, feed }, signal)
  return {
    stdout: program.stdout,
    succeeded: async () => {
      const { exitCode, stderr } = await program.ended()
      if (exitCode !== 0) throw new GitError(args, { exitCode, stdout: '', stderr })
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
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
