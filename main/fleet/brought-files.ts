import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { writeJsonAtomically } from '../lib/files/atomic-file.ts'
import { limitConsole } from '../machines/watch/console.ts'
import { shareNames, type TaskFiles } from '../tasks/record/task-files.ts'
import type { BroughtWork } from '../tasks/record/told-work-schema.ts'
import { ProtocolError } from './frames.ts'
import { channels } from './protocol.ts'

/** What is kept of each at the most. A guest's own are bounded where they are read; these are bounded where a node fills the disk. */
const mostBytes = { stream: 300 * 1024 ** 2, result: 1024 ** 2 + 1, work: 4 * 1024 ** 3 } as const
/** How much comes of a console before its length is looked at. */
const consoleLookBytes = 4 * 1024 ** 2

/**
 * What comes home of a task while it runs elsewhere, where the same of a task of this host lies: what reads that need not know. No name of it is
 * the other side's.
 */
export class BroughtFiles implements AsyncDisposable {
  readonly #files: TaskFiles
  readonly #stack = new AsyncDisposableStack()
  readonly #console: FileHandle
  readonly #stream: FileHandle
  readonly #result: FileHandle
  readonly #work: FileHandle
  #streamBytes: number
  #resultBytes = 0
  #workBytes = 0
  #consoleBytes = 0

  private constructor(files: TaskFiles, [console, stream, result, work]: readonly FileHandle[], streamBytes: number) {
    if (!console || !stream || !result || !work) throw new Error('Four files were opened')
    this.#files = files
    this.#console = console
    this.#stream = stream
    this.#result = result
    this.#work = work
    this.#streamBytes = streamBytes
    for (const file of [console, stream, result, work]) this.#stack.use(file)
  }

  /** Console and stream go on where they end; result and work come whole each time. */
  static async open(
    files: TaskFiles,
  ): Promise<{ readonly brought: BroughtFiles; readonly from: { readonly console: number; readonly stream: number } }> {
    await mkdir(files.share, { recursive: true, mode: 0o700 })
    const { O_WRONLY, O_CREAT, O_APPEND, O_TRUNC, O_NOFOLLOW } = constants
    const open4 = [
      [files.console, O_APPEND],
      [join(files.share, shareNames.stream), O_APPEND],
      [join(files.share, shareNames.result), O_TRUNC],
      [files.broughtPack, O_TRUNC],
    ] as const
    const opened: FileHandle[] = []
    for (const [path, how] of open4) opened.push(await open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | how, 0o600))
    const from = { console: await sizeOf(files.console), stream: await sizeOf(join(files.share, shareNames.stream)) }
    return { brought: new BroughtFiles(files, opened, from.stream), from }
  }

  /** @throws ProtocolError for more than anyone may send. */
  async take(channel: number, bytes: Buffer): Promise<void> {
    switch (channel) {
      case channels.console:
        await this.#console.write(bytes)
        this.#consoleBytes += bytes.length
        if (this.#consoleBytes < consoleLookBytes) return
        this.#consoleBytes = 0
        return void (await limitConsole(this.#files.console))
      case channels.stream:
        this.#streamBytes += bytes.length
        // Of a longer one the rest is not kept here either.
        if (this.#streamBytes <= mostBytes.stream) await this.#stream.write(bytes)
        return
      case channels.result:
        this.#resultBytes += bytes.length
        // One byte too many is kept, so that its reader refuses it.
        if (this.#resultBytes <= mostBytes.result) await this.#result.write(bytes)
        return
      case channels.work:
        this.#workBytes += bytes.length
        if (this.#workBytes > mostBytes.work) throw new ProtocolError(`More than ${mostBytes.work} bytes of work`)
        return void (await this.#work.write(bytes))
      default:
        throw new ProtocolError(`Bytes on channel ${channel}, which nobody opened`)
    }
  }

  /** Resolves when all of it is on the disk, with what was said of the work. */
  async complete(work: BroughtWork): Promise<void> {
    for (const file of [this.#stream, this.#result, this.#work]) await file.sync()
    await writeJsonAtomically(this.#files.broughtWork, work)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

const sizeOf = async (path: string): Promise<number> => (await stat(path)).size
