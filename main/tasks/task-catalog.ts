import { randomBytes } from 'node:crypto'
import { AppError } from '../core/failure.ts'
import { parseTaskId, type Task, type TaskId } from '../core/task.ts'
import { briefOf, isOver, type TaskBrief } from '../core/task-brief.ts'
import type { Log } from '../lib/log.ts'
import { pathExists } from '../lib/path-exists.ts'
import type { TaskListener } from './contract.ts'
import type { FinishedIndex, IndexedTask } from './finished-index.ts'
import { indexedTask, loadTask, loadTasks } from './load-tasks.ts'
import { taskFiles } from './task-files.ts'

export interface CatalogOptions {
  readonly repositories: () => Promise<readonly { readonly path: string }[]>
  readonly index: FinishedIndex
  readonly log: Log
}

/**
 * Every task that is known: those of this run, and what the folders of the registered repositories hold, each read once. Of a task
 * that is over only its brief is kept; the whole is read again when somebody asks for it.
 */
export class TaskCatalog {
  readonly #open = new Map<TaskId, Task>()
  readonly #over = new Map<TaskId, TaskBrief>()
  readonly #loaded = new Set<string>()
  readonly #damaged = new Set<string>()
  readonly #listeners = new Set<TaskListener>()
  readonly #options: CatalogOptions
  #settled = false
  /** All, oldest first, until one of them changes. */
  #sorted: readonly TaskBrief[] | undefined

  constructor(options: CatalogOptions) {
    this.#options = options
  }

  /** What could not be read, one sentence each. */
  get damaged(): readonly string[] {
    return [...this.#damaged]
  }

  /** Those that have not ended, or of whose end nobody was told yet. */
  get open(): ReadonlyMap<TaskId, Task> {
    return this.#open
  }

  readonly put = (task: Task): void => {
    this.#sorted = undefined
    if (!isOver(task)) {
      this.#open.set(task.id, task)
      this.#tell(task.id, task)
      return
    }
    this.#open.delete(task.id)
    this.#over.set(task.id, briefOf(task))
    // From its file and not from here: the next event may be in it already.
    this.#options.index.note(() => indexedTask(task.repoPath, task.id, this.#options.log))
    this.#tell(task.id, task)
  }

  /** Listeners must not throw. */
  watch(listener: TaskListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  readonly reportDamage = (message: string): void => {
    this.#damaged.add(message)
  }

  drop(id: TaskId): void {
    this.#sorted = undefined
    this.#open.delete(id)
    this.#over.delete(id)
    this.#tell(id, null)
  }

  /** @throws AppError('task-unknown') */
  async get(id: TaskId): Promise<Task> {
    if (!this.#has(id)) await this.load()
    const open = this.#open.get(id)
    if (open) return open
    const over = this.#over.get(id)
    if (over) return await this.#readAgain(over)
    throw unknownTask(id)
  }

  /** Oldest first. */
  async list(): Promise<readonly TaskBrief[]> {
    await this.load()
    this.#sorted ??= [...[...this.#open.values()].map(briefOf), ...this.#over.values()].sort(byCreation)
    return this.#sorted
  }

  /** Reads the repositories that were registered since, by this process or another. */
  async load(): Promise<void> {
    const { repositories, index, log } = this.#options
    const found: IndexedTask[] = []
    const fresh = (await repositories()).filter(({ path }) => !this.#loaded.has(path))
    for (const { path } of fresh) {
      const { open, over } = await loadTasks(path, log, { indexed: index.entries, onDamaged: this.reportDamage })
      if (this.#loaded.has(path)) continue
      this.#loaded.add(path)
      this.#sorted = undefined
      const isNew = ({ id }: TaskBrief) => !this.#has(id)
      const newOpen = open.filter(isNew)
      const newOver = over.map(({ brief }) => brief).filter(isNew)
      for (const task of newOpen) this.#open.set(task.id, task)
      for (const brief of newOver) this.#over.set(brief.id, brief)
      for (const task of [...newOpen, ...newOver]) this.#tell(task.id, task)
      found.push(...over)
    }
    if (this.#settled) for (const entry of found) index.note(async () => entry)
    else index.settle(found)
    this.#settled = true
  }

  #tell(id: TaskId, task: TaskBrief | null): void {
    for (const listener of this.#listeners) listener(id, task)
  }

  /** One that no known task has. */
  newId(): TaskId {
    for (;;) {
      const id = parseTaskId(randomBytes(4).toString('hex'))
      if (id && !this.#has(id)) return id
    }
  }

  #has(id: TaskId): boolean {
    return this.#open.has(id) || this.#over.has(id)
  }

  async #readAgain({ id, repoPath }: TaskBrief): Promise<Task> {
    const task = await loadTask(repoPath, id, this.#options.log, this.reportDamage)
    if (task) return task
    const { events } = taskFiles(repoPath, id)
    if (await pathExists(events)) throw new AppError('internal', `The record ${events} cannot be read`)
    this.drop(id) // Its folder was removed by hand.
    throw unknownTask(id)
  }
}

const byCreation = (a: TaskBrief, b: TaskBrief): number =>
  a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0

const unknownTask = (id: TaskId): AppError =>
  new AppError('task-unknown', `There is no task '${id}'`, { hint: 'See list_tasks' })
