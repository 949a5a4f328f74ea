import { randomBytes } from 'node:crypto'
import { AppError } from '../../core/failure.ts'
import { parseTaskId, type Task, type TaskId } from '../../core/task/task.ts'
import { briefOf, isOver, type TaskBrief } from '../../core/task/task-brief.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import type { TaskListener } from '../contract.ts'
import type { FinishedIndex } from './finished-index.ts'
import { indexedTask, loadTask, loadTasks } from './load-tasks.ts'
import { eventsPath } from './task-files.ts'
import { atItsRepository } from './whose-repository.ts'

export interface CatalogOptions {
  readonly home: string
  /** Where a repository that was moved may be found again. */
  readonly repositories: () => Promise<readonly { readonly path: string }[]>
  readonly index: FinishedIndex
  readonly log: Log
}

/**
 * Every task of the home: those of this run, and what its folders held at the start. Of a task that is over only its brief is kept; the
 * whole is read again when someone asks for it.
 */
export class TaskCatalog {
  readonly #open = new Map<TaskId, Task>()
  readonly #over = new Map<TaskId, TaskBrief>()
  readonly #damaged = new Set<string>()
  readonly #listeners = new Set<TaskListener>()
  readonly #options: CatalogOptions
  /** All, oldest first, until one of them changes. */
  #sorted: readonly TaskBrief[] | undefined

  constructor(options: CatalogOptions) {
    this.#options = options
  }

  /** What could not be read, one sentence each. */
  get damaged(): readonly string[] {
    return [...this.#damaged]
  }

  isOver(id: TaskId): boolean {
    return this.#over.has(id)
  }

  /** The tasks that have not ended, or whose end was not announced yet. */
  get open(): ReadonlyMap<TaskId, Task> {
    return this.#open
  }

  readonly put = (task: Task): void => {
    this.#sorted = undefined
    if (!isOver(task)) {
      this.#over.delete(task.id) // It was continued.
      this.#open.set(task.id, task)
      this.#tell(task.id, task)
      return
    }
    this.#open.delete(task.id)
    this.#over.set(task.id, briefOf(task))
    // From its file and not from here: the next event may be in it already.
    this.#options.index.note(() => indexedTask(task.home, task.id, this.#options.log))
    this.#tell(task.id, task)
  }

  /** Has listeners look again at a task whose record did not change; at none that is not known. */
  readonly tellAgain = (id: TaskId): void => {
    const task = this.#open.get(id) ?? this.#over.get(id)
    if (task) this.#tell(id, task)
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
    const open = this.#open.get(id)
    if (open) return open
    const over = this.#over.get(id)
    if (over) return await this.#readAgain(over)
    throw unknownTask(id)
  }

  /** Oldest first. */
  async list(): Promise<readonly TaskBrief[]> {
    this.#sorted ??= [...[...this.#open.values()].map(briefOf), ...this.#over.values()].sort(byCreation)
    return this.#sorted
  }

  /** Reads what the home's folders hold; once, before anything else. */
  async load(): Promise<void> {
    const { home, repositories, index, log } = this.#options
    const { open, over } = await loadTasks(home, log, { indexed: index.entries, onDamaged: this.reportDamage })
    for (const task of open) this.#open.set(task.id, await atItsRepository(task, repositories))
    for (const { brief } of over) this.#over.set(brief.id, brief)
    this.#sorted = undefined
    index.replaceWith(over)
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

  async #readAgain({ home, id }: TaskBrief): Promise<Task> {
    const task = await loadTask(home, id, this.#options.log, this.reportDamage)
    if (task) return await atItsRepository(task, this.#options.repositories)
    const events = eventsPath(home, id)
    if (await pathExists(events)) throw new AppError('internal', `The record ${events} cannot be read`)
    this.drop(id) // Its folder was removed by hand.
    throw unknownTask(id)
  }
}

const byCreation = (a: TaskBrief, b: TaskBrief): number =>
  a.createdAt < b.createdAt ? -1 : a.createdAt > b.createdAt ? 1 : 0

const unknownTask = (id: TaskId): AppError =>
  new AppError('task-unknown', `There is no task '${id}'`, { hint: 'See list_tasks' })
