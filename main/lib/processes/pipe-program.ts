import { spawn } from 'node:child_process'
import { PassThrough, Readable, type Writable } from 'node:stream'
import { requireDescriptors } from './require-descriptors.ts'

/** A program that is spoken to in bytes, in both directions at once. */
export interface ProgramPipe {
  readonly readable: Readable
  readonly writable: Writable
  /** The last that it wrote to its standard error, some thousand characters. */
  readonly lastWords: () => string
  /** Resolves when it has ended, or could not be started; never rejects. */
  readonly ended: Promise<void>
  /** Ends it. Can be called again, and when it has ended. */
  end(): void
}

const wordsKept = 4_000

/** Starts a program. One that cannot be started has ended, and its last words say why. */
export function pipeProgram(
  file: string,
  args: readonly string[],
  { env }: { readonly env: Readonly<Record<string, string>> },
): ProgramPipe {
  requireDescriptors()
  const child = spawn(file, args, { stdio: 'pipe', env: { ...env } })
  let lastWords = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-wordsKept)
  })
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined) // `ended` follows.
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      lastWords = error.message
      child.stdout.destroy()
      resolve()
    })
    child.once('close', () => resolve())
  })
  return {
    readable: child.stdout,
    writable: child.stdin,
    lastWords: () => lastWords,
    ended,
    end: () => void child.kill('SIGKILL'),
  }
}

/** What a program would be that has ended at once, with these last words. */
export const endedPipe = (why: string): ProgramPipe => ({
  readable: Readable.from([]),
  writable: new PassThrough(),
  lastWords: () => why,
  ended: Promise.resolve(),
  end: () => undefined,
})
