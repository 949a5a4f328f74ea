import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { BenchContext } from './measure.ts'

/**
 * Starts a server of this folder as a process of its own, so that it shares no thread with the client that measures it. It is
 * ended when the benchmark is over. Answers the URL that it prints.
 */
export async function startServerProcess(
  program: 'our-server.ts' | 'bare-server.ts',
  args: readonly string[],
  { folder, stack }: BenchContext,
): Promise<string> {
  return stack.use(await ServerProcess.start(program, args, join(folder, `${program}.log`))).url
}

/** A server of this folder as a process of its own. Disposing it ends it. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string
  /** Of its window; undefined where it printed one URL alone. */
  readonly pageUrl: string | undefined
  readonly #child: ChildProcess
  readonly #ended: Promise<void>

  private constructor(printed: string, child: ChildProcess, ended: Promise<void>) {
    const [url = '', pageUrl] = printed.split(' ')
    this.url = url
    this.pageUrl = pageUrl
    this.#child = child
    this.#ended = ended
  }

  /** Resolves when it has printed its URL. What it says on stderr goes to the log. */
  static async start(program: string, args: readonly string[], log: string): Promise<ServerProcess> {
    const child = spawn(process.execPath, [join(import.meta.dirname, program), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    child.stderr.pipe(createWriteStream(log, { flags: 'a' }))
    const line = await Promise.race([
      new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve)),
      ended,
    ])
    if (line === undefined) throw new Error(`${program} ended at once: ${await readFile(log, 'utf8')}`)
    return new ServerProcess(line, child, ended)
  }

  /** Megabytes of it in memory now. */
  async residentMegabytes(): Promise<number> {
    const status = await readFile(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
  }

  /** Seconds of a processor that it has used so far. */
  async processorSeconds(): Promise<number> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  }

  /** Ends it as a user would, so that it writes what it has to. */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}

/** USER_HZ, the same on every Linux that Node runs on. */
const ticksPerSecond = 100
