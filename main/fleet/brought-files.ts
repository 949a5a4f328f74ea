import { constants } from 'node:fs'
import { type FileHandle, link, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { KeyPlace } from '../core/task/task-place.ts'
import { writeJsonAtomically } from '../lib/files/atomic-file.ts'
import { pathExists } from '../lib/files/look.ts'
import { limitConsole } from '../machines/watch/console.ts'
import { shareNames, type TaskFiles } from '../tasks/record/task-files.ts'
import { type BroughtWork, commitIdSchema, type ToldWork } from '../tasks/record/told-work-schema.ts'
import { ProtocolError } from './frames.ts'
import { channels, sessionBytes } from './protocol.ts'

/** What is kept of each at the most. A guest's own are bounded where they are read; these are bounded where a node fills the disk. */
const mostBytes = {
  stream: 300 * 1024 ** 2,
  result: 1024 ** 2 + 1,
  work: 4 * 1024 ** 3,
  network: 18 * 1024 ** 2,
} as const
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
  readonly #session: FileHandle
  #work: FileHandle
  /** What the gateway at the node let through; undefined where the gateway is this host's, and writes the file itself. */
  readonly #network: FileHandle | undefined
  #networkBytes: number
  #streamBytes: number
  #resultBytes = 0
  #sessionBytes = 0
  #workBytes = 0
  #consoleBytes = 0

  private constructor(
    files: TaskFiles,
    [console, stream, result, work, session, network]: readonly FileHandle[],
    { stream: streamBytes, network: networkBytes = 0 }: FileLengths,
  ) {
    if (!console || !stream || !result || !work || !session) throw new Error('Five files were opened')
    this.#files = files
    this.#console = console
    this.#stream = stream
    this.#result = result
    this.#session = session
    this.#work = work
    this.#network = network
    this.#networkBytes = networkBytes
    this.#streamBytes = streamBytes
    for (const file of [console, stream, result, session, ...(network ? [network] : [])]) this.#stack.use(file)
    this.#stack.defer(async () => {
      await this.#work.close()
      for (const path of Object.values(files.coming)) await rm(path, { force: true })
    })
  }

  /**
   * Console and stream go on where they end, and so does the network log where the key is at the node; result and work come whole each time, beside what an earlier
   * visit brought, until `complete`.
   */
  static async open(
    files: TaskFiles,
    key: KeyPlace = 'home',
  ): Promise<{ readonly brought: BroughtFiles; readonly from: FileLengths }> {
    await mkdir(files.share, { recursive: true, mode: 0o700 })
    const { O_APPEND, O_TRUNC } = constants
    const toOpen = [
      [files.console, O_APPEND],
      [join(files.share, shareNames.stream), O_APPEND],
      [files.coming.result, O_TRUNC],
      [files.coming.pack, O_TRUNC],
      [files.coming.session, O_TRUNC],
      ...(key === 'node' ? [[files.network, O_APPEND] as const] : []),
    ] as const
    const opened: FileHandle[] = []
    for (const [path, how] of toOpen) opened.push(await open(path, newFile | how, 0o600))
    const from = {
      console: await sizeOf(files.console),
      stream: await sizeOf(join(files.share, shareNames.stream)),
      ...(key === 'node' && { network: await sizeOf(files.network) }),
    }
    return { brought: new BroughtFiles(files, opened, from), from }
  }

  /** @throws ProtocolError for more than anyone may send. */
  async take(channel: number, bytes: Buffer): Promise<void> {
    switch (channel) {
      case channels.console:
        await this.#console.appendFile(bytes)
        this.#consoleBytes += bytes.length
        if (this.#consoleBytes < consoleLookBytes) return
        this.#consoleBytes = 0
        return void (await limitConsole(this.#files.console))
      case channels.stream:
        this.#streamBytes += bytes.length
        // Of a longer one the rest is not kept here either.
        if (this.#streamBytes <= mostBytes.stream) await this.#stream.appendFile(bytes)
        return
      case channels.result:
        this.#resultBytes += bytes.length
        // One byte too many is kept, so that its reader refuses it.
        if (this.#resultBytes <= mostBytes.result) await this.#result.appendFile(bytes)
        return
      case channels.work:
        this.#workBytes += bytes.length
        if (this.#workBytes > mostBytes.work) throw new ProtocolError(`More than ${mostBytes.work} bytes of work`)
        return void (await this.#work.appendFile(bytes))
      case channels.session:
        this.#sessionBytes += bytes.length
        if (this.#sessionBytes > sessionBytes) throw new ProtocolError(`More than ${sessionBytes} bytes of a session`)
        return void (await this.#session.appendFile(bytes))
      case channels.network:
        if (!this.#network) throw new ProtocolError('A log of what the gateway of this host let through')
        this.#networkBytes += bytes.length
        if (this.#networkBytes <= mostBytes.network) await this.#network.appendFile(bytes)
        return
      default:
        throw new ProtocolError(`Bytes on channel ${channel}, which nobody opened`)
    }
  }

  /** Keeps the work that has come so far as that of a task at work; the next one comes from its beginning. */
  async checkpoint(commit: string): Promise<void> {
    const { coming, checkpoint, checkpointPacks } = this.#files
    await this.#work.sync()
    await this.#work.close()
    // The pair that is on the disk stays whole until the new one is.
    const pack = (await readCheckpoint(this.#files))?.pack === 'a' ? 'b' : 'a'
    await rename(coming.pack, checkpointPacks[pack])
    await writeJsonAtomically(checkpoint, { pack, commit, at: new Date().toISOString() } satisfies Checkpoint)
    this.#work = await open(coming.pack, newFile | constants.O_TRUNC, 0o600)
    this.#workBytes = 0
  }

  /** Resolves when all of it is on the disk, with what was said of the work. */
  async complete(work: BroughtWork): Promise<void> {
    const { coming, share } = this.#files
    for (const file of [this.#stream, this.#result, this.#session, this.#work]) await file.sync()
    await rename(coming.result, join(share, shareNames.result))
    await this.#put(work)
  }

  /** Puts work that came after the task had ended in place of what is here, once `keep` has imported it from its pack. */
  async rest(
    work: Extract<BroughtWork, { saved: unknown }>,
    keep: (saved: ToldWork, pack: string) => Promise<void>,
  ): Promise<void> {
    for (const file of [this.#session, this.#work]) await file.sync()
    await keep(work.saved, this.#files.coming.pack)
    await this.#put(work)
  }

  /** What is said of the work comes last: with it all of the work is there. */
  async #put(work: BroughtWork): Promise<void> {
    const { coming, broughtPack, broughtSession, broughtWork } = this.#files
    await rename(coming.session, broughtSession)
    await rename(coming.pack, broughtPack)
    await writeJsonAtomically(broughtWork, work)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync()
  }
}

/** In bytes. */
interface FileLengths {
  readonly console: number
  readonly stream: number
  readonly network?: number
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW

const checkpointSchema = z.object({ pack: z.enum(['a', 'b']), commit: commitIdSchema, at: z.string() })
type Checkpoint = z.infer<typeof checkpointSchema>

/** The last that came of a task at work, with its pack; undefined where there is none. */
export async function lastCheckpoint(
  files: TaskFiles,
): Promise<{ readonly commit: string; readonly at: string; readonly pack: string } | undefined> {
  const found = await readCheckpoint(files)
  return found && { commit: found.commit, at: found.at, pack: files.checkpointPacks[found.pack] }
}

async function readCheckpoint({ checkpoint }: Pick<TaskFiles, 'checkpoint'>): Promise<Checkpoint | undefined> {
  try {
    return checkpointSchema.parse(JSON.parse(await readFile(checkpoint, 'utf8')))
  } catch {
    return undefined // None has come, or a crash cut it off.
  }
}

/** Takes the last checkpoint, if one has come and the whole has not, for all of the work: nothing more comes. */
export async function takeCheckpoint(files: TaskFiles): Promise<void> {
  const checkpoint = (await pathExists(files.broughtWork)) ? undefined : await readCheckpoint(files)
  if (!checkpoint) return
  const { pack, commit, at } = checkpoint
  const lost = `The work is as it was at ${at}: what came after did not come from its place`
  // A crash before the next line finds the checkpoint where it was.
  await rm(files.broughtPack, { force: true })
  await link(files.checkpointPacks[pack], files.broughtPack)
  const nothing = { wip: false, also: [], operation: null, markers: { files: [] } }
  const saved = { ...nothing, commit, notes: [lost], unsaved: true }
  await writeJsonAtomically(files.broughtWork, { saved } satisfies BroughtWork)
}

/** Makes way for what comes of the next run, which has all of the one before it. */
export async function forgetBrought(files: TaskFiles): Promise<void> {
  const { broughtWork, broughtPack, checkpoint, checkpointPacks } = files
  for (const path of [broughtWork, broughtPack, checkpoint, ...Object.values(checkpointPacks)])
    await rm(path, { force: true })
}

const sizeOf = async (path: string): Promise<number> => (await stat(path)).size
