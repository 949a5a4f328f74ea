import { spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { requireDescriptors } from './require-descriptors.ts'

/** How a child ended. */
export interface ChildEnd {
  readonly exitCode: number | null
  readonly signal: string | null
  /** The last that it wrote to its standard error, some thousand characters. */
  readonly lastWords: string
}

/** A child that leads a session and a process group of its own, so that its end can be that of all that it started. */
export interface ChildSession {
  readonly pid: number
  /** Never rejects. */
  readonly ended: Promise<ChildEnd>
  /** Writes a line to its standard input; to one that is gone it goes nowhere. */
  tell(line: string): void
  /** Ends it and everything that it started, at once. Can be called again, also when it has ended: something of it may live on. */
  kill(): void
  /** Whether this process waits for it before it ends by itself. At first it does. */
  hold(isHeld: boolean): void
}

const wordsKept = 4_000

/**
 * Starts a program that answers on its descriptor 3; what comes there is given to `onBytes`, as it comes and whatever it is.
 * @throws when it cannot be started.
 */
export async function startSession(
  file: string,
  args: readonly string[],
  options: { readonly env: Readonly<Record<string, string>>; readonly onBytes: (chunk: Buffer) => void },
): Promise<ChildSession> {
  requireDescriptors()
  const child = spawn(file, args, {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe', 'pipe'],
    env: { ...options.env },
  })
  // Pipes all three, as it was asked for.
  const [stdin, , stderr, answers] = child.stdio as unknown as [Writable, null, Readable, Readable]
  let lastWords = ''
  stderr.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-wordsKept)
  })
  answers.on('data', options.onBytes)
  // Each stream of a child that is gone fails as it likes: its end is told by `ended`.
  for (const stream of [stdin, stderr, answers]) stream.on('error', () => undefined)
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('exit', (exitCode, signal) => {
      // What it wrote last is still in the pipes; what it started may hold them open for ever.
      const told = () => resolve({ exitCode, signal, lastWords })
      child.once('close', told)
      setTimeout(told, 1_000).unref()
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', reject)
  })
  child.on('error', () => undefined) // A signal that could not be sent: it is gone.
  const { pid } = child
  if (pid === undefined) throw new Error(`${file} started without a pid`)
  const held = [child, stdin, stderr, answers] as unknown as { ref(): void; unref(): void }[]
  return {
    pid,
    ended,
    tell: (line) => void (stdin.writable && stdin.write(`${line}\n`)),
    kill: () => {
      try {
        process.kill(-pid, 'SIGKILL')
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error // All of it is gone.
      }
    },
    hold: (isHeld) => {
      for (const handle of held)
        if (isHeld) handle.ref()
        else handle.unref()
    },
  }
}
