import { readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { parseTaskId, type TaskId } from '../../core/task/task.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { unusable } from '../../lib/files/private-folder.ts'
import type { Log } from '../../lib/log.ts'

const contentSchema = z.object({ schemaVersion: z.literal(1), tasks: z.record(z.string(), z.string()) })

/**
 * `unfinished.json`: where the record of each task lies whose end was not told yet, by its repository's path. The allowlist
 * cannot say that: a repository may be taken off it while its task runs. Only an index: the records are the truth.
 */
export class UnfinishedTasks {
  /** Whether the file was there and could be read when it was opened: it names every task then that had not ended. */
  readonly isWhole: boolean
  readonly #path: string
  readonly #tasks: Map<TaskId, string>
  readonly #log: Log
  #last: Promise<void> = Promise.resolve()
  /** A save that has not begun. */
  #next: Promise<void> | undefined

  private constructor(path: string, tasks: Map<TaskId, string> | undefined, log: Log) {
    this.#path = path
    this.#log = log
    this.isWhole = tasks !== undefined
    this.#tasks = tasks ?? new Map()
  }

  /** A missing file is an empty index; a damaged one is moved to `PATH.damaged`, and the allowlist has to do. */
  static async open(path: string, log: Log): Promise<UnfinishedTasks> {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new UnfinishedTasks(path, undefined, log)
      throw unusable(path, error)
    }
    const tasks = parse(text)
    if (tasks) return new UnfinishedTasks(path, tasks, log)
    await rename(path, `${path}.damaged`)
    log.error('the index of unfinished tasks is damaged; it was moved aside', { from: path, to: `${path}.damaged` })
    return new UnfinishedTasks(path, undefined, log)
  }

  entries(): readonly { readonly id: TaskId; readonly repoPath: string }[] {
    return [...this.#tasks].map(([id, repoPath]) => ({ id, repoPath }))
  }

  /** Resolves when it is on disk; rejects, and forgets the task again, when it cannot be. */
  async add(id: TaskId, repoPath: string): Promise<void> {
    const before = this.#tasks.get(id)
    if (before === repoPath) return
    this.#tasks.set(id, repoPath)
    try {
      await this.#save()
    } catch (error) {
      this.#tasks.delete(id)
      throw unusable(this.#path, error)
    }
  }

  /** The same for a task that gets its record at once: a start finds that without the entry, so no one waits for the disk twice. */
  note(id: TaskId, repoPath: string): void {
    this.add(id, repoPath).catch((error: unknown) => this.#logUnwritten(error))
  }

  /** Never rejects: an entry too many is dropped at the next start. */
  async remove(id: TaskId): Promise<void> {
    if (!this.#tasks.delete(id)) return
    await this.#save().catch((error: unknown) => this.#logUnwritten(error))
  }

  #logUnwritten(error: unknown): void {
    this.#log.warn('the index of unfinished tasks could not be written', { path: this.#path, reason: String(error) })
  }

  /** One write at a time. Calls that come while one is under way share the next, which holds what all of them changed. */
  #save(): Promise<void> {
    if (this.#next) return this.#next
    const saved = this.#last.then(() => {
      this.#next = undefined
      return writeJsonAtomically(this.#path, { schemaVersion: 1, tasks: Object.fromEntries(this.#tasks) })
    })
    this.#next = saved
    this.#last = saved.catch(() => undefined) // The callers have the error; the next save must still run.
    return saved
  }
}

function parse(text: string): Map<TaskId, string> | undefined {
  try {
    const { tasks } = contentSchema.parse(JSON.parse(text))
    return new Map(
      Object.entries(tasks).flatMap(([name, repoPath]) => {
        const id = parseTaskId(name)
        return id ? [[id, repoPath] as const] : []
      }),
    )
  } catch {
    return undefined // Damaged: the caller sets it aside.
  }
}
