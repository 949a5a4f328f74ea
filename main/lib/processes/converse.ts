import { spawn } from 'node:child_process'
import { OutputTooLarge } from './output-too-large.ts'
import { requireDescriptors } from './require-descriptors.ts'
import type { RunOptions } from './spawn.ts'

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
  const child = spawn(file, args, {
    stdio: 'pipe',
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: { ...options.env } }),
    ...(signal !== undefined && { signal }),
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-10_000)
  })
  // A child that has ended reads no more; `end` says how it ended.
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
