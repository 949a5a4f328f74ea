import { readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { writeAtomically } from '../../lib/files/atomic-file.ts'
import { completeLines, JsonLinesFile } from '../../lib/files/json-lines.ts'
import type { Log } from '../../lib/log.ts'
import { briefSchema } from './task-event-schema.ts'

/** A finished task, and the size and time that its `events.jsonl` had when it was read. */
export interface IndexedTask {
  readonly brief: TaskBrief
  readonly size: number
  readonly mtimeMs: number
}

const lineSchema = z.object({ brief: briefSchema, size: z.int(), mtimeMs: z.number() })

/** More new entries than this are written with the whole file at once, and as many that serve no more have it written again. */
const mostSteps = 100

export const finishedIndexPath = (home: string): string => join(home, 'finished.jsonl')

/** Which home the entry is in goes without saying. */
const lineOf = ({ brief: { home: _home, ...brief }, ...stamp }: IndexedTask) => ({ brief, ...stamp })

/**
 * `finished.jsonl` of the home: what lists show of finished tasks, so that a start need not read every record. It saves time and
 * knows nothing: an entry is trusted only while the record has the size and time it names, a file that is missing is made again,
 * a damaged one is set aside, and one that cannot be written is done without. One process writes it, any may read it.
 */
export class FinishedIndex implements AsyncDisposable {
  readonly #path: string
  readonly #log: Log
  #file: JsonLinesFile | undefined
  #entries: ReadonlyMap<TaskId, IndexedTask>
  #lines: number
  #last: Promise<void> = Promise.resolve()

  private constructor(path: string, log: Log, file: JsonLinesFile | undefined, content: Content = nothing) {
    this.#path = path
    this.#log = log
    this.#file = file
    this.#entries = content.entries
    this.#lines = content.lines
  }

  /** Never rejects. */
  static async open(home: string, log: Log): Promise<FinishedIndex> {
    const path = finishedIndexPath(home)
    try {
      const { file, bytes } = await JsonLinesFile.openWithBytes(path)
      const content = parse(bytes, home)
      if (!content.isDamaged) return new FinishedIndex(path, log, file, content)
      await file[Symbol.asyncDispose]()
      await rename(path, `${path}.damaged`)
      log.warn('the index of finished tasks is damaged; it was set aside and is made again', { path })
      return new FinishedIndex(path, log, (await JsonLinesFile.openWithBytes(path)).file)
    } catch (error) {
      log.warn('finished tasks are loaded without their index', { path, reason: String(error) })
      return new FinishedIndex(path, log, undefined)
    }
  }

  /** What it held when it was opened, by id. */
  get entries(): ReadonlyMap<TaskId, IndexedTask> {
    return this.#entries
  }

  /** Makes the file hold what was found to be so: every finished task there is. Lets go of what it held when it was opened. */
  replaceWith(found: readonly IndexedTask[]): void {
    const fresh = found.filter((entry) => this.#entries.get(entry.brief.id) !== entry)
    const idle = this.#lines - (found.length - fresh.length)
    this.#entries = new Map()
    if (fresh.length > mostSteps || idle > mostSteps + found.length) this.#inTurn(() => this.#rewrite(found))
    else for (const entry of fresh) this.note(async () => entry)
  }

  /** Reads the entry in its turn and adds it. Returns at once: no one waits for what can be made again. */
  note(read: () => Promise<IndexedTask | undefined>): void {
    this.#inTurn(async () => {
      const entry = await read()
      if (entry) await this.#file?.append(lineOf(entry))
    })
  }

  async #rewrite(entries: readonly IndexedTask[]): Promise<void> {
    if (!this.#file) return
    await this.#file[Symbol.asyncDispose]()
    this.#file = undefined
    await writeAtomically(this.#path, entries.map((entry) => `${JSON.stringify(lineOf(entry))}\n`).join(''))
    this.#file = (await JsonLinesFile.openWithBytes(this.#path)).file
  }

  #inTurn(act: () => Promise<unknown>): void {
    this.#last = this.#last.then(act).then(
      () => undefined,
      (error: unknown) => {
        this.#log.warn('the index of finished tasks could not be written', { path: this.#path, reason: String(error) })
      },
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    await this.#file?.[Symbol.asyncDispose]()
    this.#file = undefined
  }
}

/** The entries of an index that another process may be writing, by id. Empty where there is none to be had. */
export async function readFinishedIndex(home: string): Promise<ReadonlyMap<TaskId, IndexedTask>> {
  const bytes = await readFile(finishedIndexPath(home)).catch(() => Buffer.alloc(0))
  return parse(bytes, home).entries
}

interface Content {
  readonly entries: ReadonlyMap<TaskId, IndexedTask>
  readonly lines: number
  readonly isDamaged: boolean
}

const nothing: Content = { entries: new Map(), lines: 0, isDamaged: false }

/** The last entry of a task counts; a line of another version says nothing. */
function parse(bytes: Buffer, home: string): Content {
  const entries = new Map<TaskId, IndexedTask>()
  let lines = 0
  let isDamaged = false
  for (const line of completeLines(bytes)) {
    lines += 1
    try {
      const entry = lineSchema.safeParse(JSON.parse(line)).data
      if (entry) entries.set(entry.brief.id, { ...entry, brief: { ...entry.brief, home } })
    } catch {
      isDamaged = true
    }
  }
  return { entries, lines, isDamaged }
}
