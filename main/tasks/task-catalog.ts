import { randomBytes } from 'node:crypto'
import { AppError } from '../core/failure.ts'
import { parseTaskId, type Task, type TaskId } from '../core/task.ts'
import type { Log } from '../lib/log.ts'
import type { TaskListener } from './contract.ts'
import { loadTasks } from './load-tasks.ts'

/** Every task that is known: those of this run, and what the folders of the registered repositories hold, each read once. */
export class TaskCatalog {
  readonly #tasks = new Map<TaskId, Task>()
  readonly #loaded = new Set<string>()
  readonly #damaged = new Set<string>()
  readonly #listeners = new Set<TaskListener>()
  readonly #repositories: () => Promise<readonly { readonly path: string }[]>
  readonly #log: Log

  constructor(repositories: () => Promise<readonly { readonly path: string }[]>, log: Log) {
    this.#repositories = repositories
    this.#log = log
  }

  /** What could not be read, one sentence each. */
  get damaged(): readonly string[] {
    return [...this.#damaged]
  }

  /** Those known so far. */
  get known(): ReadonlyMap<TaskId, Task> {
    return this.#tasks
  }

  readonly put = (task: Task): void => {
    this.#tasks.set(task.id, task)
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
    this.#tasks.delete(id)
    this.#tell(id, null)
  }

  /** @throws AppError('task-unknown') */
  async get(id: TaskId): Promise<Task> {
    const known = this.#tasks.get(id)
    if (known) return known
    await this.load()
    const task = this.#tasks.get(id)
    if (task) return task
    throw new AppError('task-unknown', `There is no task '${id}'`, { hint: 'See list_tasks' })
  }

  /** Oldest first. */
  async list(): Promise<readonly Task[]> {
    await this.load()
    return [...this.#tasks.values()].sort((a, b) => a.createdAt.localeCompare(b.createdAt))
  }

  /** Reads the repositories that were registered since, by this process or another. */
  async load(): Promise<void> {
    for (const { path } of await this.#repositories()) {
      if (this.#loaded.has(path)) continue
      const tasks = await loadTasks(path, this.#log, this.reportDamage)
      if (this.#loaded.has(path)) continue
      this.#loaded.add(path)
      for (const task of tasks) if (!this.#tasks.has(task.id)) this.put(task)
    }
  }

  #tell(id: TaskId, task: Task | null): void {
    for (const listener of this.#listeners) listener(id, task)
  }

  /** One that no known task has. */
  newId(): TaskId {
    for (;;) {
      const id = parseTaskId(randomBytes(4).toString('hex'))
      if (id && !this.#tasks.has(id)) return id
    }
  }
}
