import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { requireDescriptors } from './require-descriptors.ts'

/** A program whose output is read while it comes, so that its length never matters here. Disposing it ends it. */
export interface ProgramStream extends AsyncDisposable {
  readonly stdout: Readable
  /** How it ended; its output must have been read, or disposed of. @throws when it could not be started. */
  ended(): Promise<{ readonly exitCode: number | null; readonly stderr: string }>
}

/** Starts a program and reads nothing yet. `feed` becomes its input, as it comes. */
export function streamProgram(
  file: string,
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly env: Readonly<Record<string, string>>
    readonly feed?: Readable | Uint8Array | undefined
  },
  signal?: AbortSignal,
): ProgramStream {
  signal?.throwIfAborted()
  requireDescriptors()
  const child = spawn(file, args, {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: 'pipe',
    ...(signal && { signal }),
  })
  let stderr = ''
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000)
  })
  child.stdin.on('error', () => undefined) // It ended without reading on: how it ended tells why.
  const failed = new Promise<Error>((resolve) => child.once('error', resolve))
  const ended = Promise.race([failed, new Promise<null>((resolve) => child.once('close', () => resolve(null)))])
  if (options.feed && 'pipe' in options.feed) options.feed.pipe(child.stdin)
  else child.stdin.end(options.feed)
  return {
    stdout: child.stdout,
    ended: async () => {
      const error = await ended
      signal?.throwIfAborted()
      if (error) throw error
      return { exitCode: child.exitCode, stderr }
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      child.stdout.destroy()
      await ended
    },
  }
}
