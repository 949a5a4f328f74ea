import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { validateDescription } from '../core/description.ts'
import { AppError } from '../core/failure.ts'
import { parseTaskId, type SlotId, type Task, type TaskId, type TaskOutcome } from '../core/task.ts'
import { slotOf, taskView } from '../core/view.ts'
import { deleteTaskRef } from '../git/delete-task-ref.ts'
import { removeTree } from '../lib/remove-tree.ts'
import { AnswersFirst } from './answers-first.ts'
import { cancelled, isCancelled, quit, untilCancelled } from './cancel-task.ts'
import type { RegisteredRepository, RunRequest, Tasks } from './contract.ts'
import { DiskWatch, findShortages, requireSpace, shortageText } from './disk-space.ts'
import { type DiskUsage, diskUsage } from './disk-usage.ts'
import type { EventLog } from './event-log.ts'
import { findForgotten } from './find-forgotten.ts'
import { loadTasks } from './load-tasks.ts'
import { type PruneReport, type PruneRequest, prune } from './prune.ts'
import { reap } from './reap.ts'
import { recoverTask } from './recover-task.ts'
import { type HostMemory, requireMemory } from './require-memory.ts'
import { runQueued } from './run-queued.ts'
import type { SlotLease, SlotPool } from './slot-pool.ts'
import { taskFiles } from './task-files.ts'
import { TaskQueue } from './task-queue.ts'
import { TaskRecord } from './task-record.ts'
import { acceptedCaps, type Provisions, type RunnerContext, runTask } from './task-runner.ts'
import { UnfinishedTasks } from './unfinished-tasks.ts'

export interface OrchestratorOptions extends RunnerContext {
  /** Of images and tools; left out, `usage` and `prune` pass them over. */
  readonly cacheDirectory?: string
  readonly slots: SlotPool
  readonly events: EventLog
  readonly repositories: {
    /** @throws AppError('repository-unknown') */
    find(alias: string): Promise<RegisteredRepository>
    list(): Promise<readonly RegisteredRepository[]>
  }
  /** What a task of now is given; throws AppError('key-missing') and the like. */
  readonly provisions: () => Promise<Provisions>
  /** Whether tasks that do not say wait for a slot. Default false. */
  readonly queue?: boolean
  /** In place of the host's own figure; for tests. */
  readonly hostMemory?: HostMemory
}

/** A task between its creation and its end, and the promise of that end. */
interface Running {
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** Accepts tasks, runs each to its outcome, and knows all there are. One per home folder. */
export class Orchestrator implements Tasks, AsyncDisposable {
  readonly events: EventLog
  readonly #options: OrchestratorOptions
  readonly #tasks = new Map<TaskId, Task>()
  readonly #loaded = new Set<string>()
  readonly #running = new Map<TaskId, Running>()
  readonly #detach = new AbortController()
  readonly #unfinished: UnfinishedTasks
  readonly #damaged = new Set<string>()
  readonly #diskWatch: DiskWatch
  readonly #queue = new TaskQueue()
  readonly #retry = setInterval(() => this.#startWaiting(), retryMs).unref()
  /** Slots are given one after another, so that each decision sees the one before. */
  #admission: Promise<unknown> = Promise.resolve()
  #starting = false
  #lookAgain = false
  #closing = false
  readonly #calls = new AnswersFirst()

  private constructor(options: OrchestratorOptions, unfinished: UnfinishedTasks) {
    this.#options = options
    this.#unfinished = unfinished
    this.events = options.events
    this.#diskWatch = new DiskWatch(() => this.#foldersInUse(), minFreeGiB(options), options.log)
  }

  /** Reads what is on record, takes up what was left unfinished, and is then ready for new tasks. */
  static async start(options: OrchestratorOptions): Promise<Orchestrator> {
    const unfinished = await UnfinishedTasks.open(join(options.home, 'unfinished.json'), options.log)
    const orchestrator = new Orchestrator(options, unfinished)
    const tasks = orchestrator.#tasks
    await orchestrator.#loadRepositories()
    const onDamaged = (message: string) => orchestrator.#damaged.add(message)
    for (const task of await findForgotten(unfinished, tasks, options.log, onDamaged)) tasks.set(task.id, task)
    const adoptable = [...tasks.values()].filter(({ machine, exit }) => machine && !exit)
    const names = new Set<string>(adoptable.map(({ id }) => id))
    await reap(options, (name) => names.has(name)) // Before recovery: no machine may write into work that is being salvaged.
    for (const task of tasks.values()) await orchestrator.#takeUp(task)
    orchestrator.#startWaiting()
    return orchestrator
  }

  run(request: RunRequest): Promise<TaskId> {
    return this.#calls.answer(() => this.#accept(request))
  }

  async #accept({ description, repo, owner, caps = {}, ...request }: RunRequest): Promise<TaskId> {
    if (this.#closing || this.#detach.signal.aborted)
      throw new AppError('interrupted', 'The orchestrator is shutting down')
    const { slots } = this.#options
    validateDescription(description)
    const { alias, path } = await this.#options.repositories.find(repo)
    await requireFlake(path)
    await requireSpace([this.#options.home, path], minFreeGiB(this.#options))
    const provisions = await this.#options.provisions()
    const id = this.#newId()
    const waits = request.queue ?? this.#options.queue ?? false

    const lease = waits ? null : await this.#admit(path, id)
    try {
      await this.#unfinished.add(id, path)
      const record = await TaskRecord.create(
        {
          id,
          description,
          repo: alias,
          repoPath: path,
          owner: owner ?? null,
          createdAt: new Date().toISOString(),
          caps: acceptedCaps(this.#options.limits, caps),
          ...(waits && { queue: { priority: request.priority ?? 0 } }),
        },
        (task) => this.#tasks.set(task.id, task),
      )
      if (lease === null) {
        this.#tasks.set(id, record.task)
        this.#queue.add(record, slots.preferred(path))
        this.#startWaiting()
        return id
      }
      await record.add({ type: 'slot-leased', slot: lease.slot })
      this.#track(record, lease, (stop) =>
        runTask(this.#options, record, provisions, lease.slot, stop, this.#detach.signal),
      )
      await slots.remember(path, lease.slot)
      return id
    } catch (error) {
      if (!this.#running.has(id)) {
        lease?.[Symbol.dispose]()
        await this.#unfinished.remove(id)
      }
      throw error
    }
  }

  async get(id: TaskId): Promise<Task> {
    const known = this.#tasks.get(id)
    if (known) return known
    await this.#loadRepositories()
    const task = this.#tasks.get(id)
    if (task) return task
    throw new AppError('task-unknown', `There is no task '${id}'`, { hint: 'See list_tasks' })
  }

  queuePosition(id: TaskId): number | null {
    return this.#queue.position(id)
  }

  async list(): Promise<readonly Task[]> {
    await this.#loadRepositories()
    return [...this.#tasks.values()].sort((a, b) => a.createdAt.localeCompare(b.createdAt))
  }

  async consolePath(id: TaskId): Promise<string> {
    const { repoPath } = await this.get(id)
    return taskFiles(repoPath, id).console
  }

  async cancel(id: TaskId): Promise<void> {
    if (isCancelled(await this.get(id))) return
    const waiting = this.#queue.take(id)
    if (waiting) this.#track(waiting.record, noLease, () => finish(waiting.record, { kind: 'cancelled' }))
    else this.#running.get(id)?.stop.abort(cancelled())
    await untilCancelled(id, () => {
      const task = this.#tasks.get(id)
      return task?.state.phase === 'finished' || this.#running.has(id) ? task : undefined
    })
  }

  async cleanup(id: TaskId, { deleteRef }: { readonly deleteRef: boolean }): Promise<void> {
    const task = await this.get(id)
    if (task.state.phase !== 'finished') {
      throw new AppError('task-busy', `Task ${id} is still running`, { hint: 'Clean up when it has ended' })
    }
    await this.#running.get(id)?.done // Its end may have been heard before the last line of its record was written.
    const onlyCopyIsInItsFolder = task.startCommit !== null && task.work === null
    if (onlyCopyIsInItsFolder && !deleteRef) {
      throw new AppError('salvage-failed', `The work of task ${id} is only in ${taskFiles(task.repoPath, id).repo}`, {
        hint: 'Save what you need of it, then clean up with delete_ref',
      })
    }
    if (deleteRef) await deleteTaskRef(task.repoPath, id)
    await removeTree(taskFiles(task.repoPath, id).folder)
    this.#tasks.delete(id)
  }

  slots(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[] {
    return this.#options.slots.list()
  }

  async warnings(): Promise<readonly string[]> {
    const shortages = await findShortages([this.#options.home, ...this.#foldersInUse()], minFreeGiB(this.#options))
    return [...new Set(shortages.map(shortageText)), ...this.#damaged]
  }

  async usage(): Promise<DiskUsage> {
    return await diskUsage(this.#options, await this.list())
  }

  prune(request: PruneRequest): Promise<PruneReport> {
    return prune(this, this.#options, request, this.#options.log)
  }

  /** Where running tasks write; empty when none runs. */
  #foldersInUse(): readonly string[] {
    const repositories = [...this.#running.keys()].flatMap((id) => this.#tasks.get(id)?.repoPath ?? [])
    return repositories.length === 0 ? [] : [...new Set([this.#options.home, ...repositories])]
  }

  repositories(): Promise<readonly RegisteredRepository[]> {
    return this.#options.repositories.list()
  }

  /** Takes no more tasks and stops the running ones, with salvage; resolves when all have ended and their ends are told. */
  async stopAll(): Promise<void> {
    this.#closing = true
    const running = [...this.#running.values()]
    for (const { stop } of running) stop.abort(quit())
    await Promise.all(running.map(({ done }) => done))
  }

  /** Takes no more tasks and lets go of the running ones: their machines work on and are adopted at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#detach.abort(new AppError('interrupted', 'The orchestrator was stopped', { hint: 'Run the task again' }))
    this.#diskWatch[Symbol.dispose]()
    clearInterval(this.#retry)
    await this.#admission
    await Promise.all([...this.#running.values()].map(({ done }) => done))
    await this.#queue[Symbol.asyncDispose]()
  }

  #newId(): TaskId {
    for (;;) {
      const id = parseTaskId(randomBytes(4).toString('hex'))
      if (id && !this.#tasks.has(id)) return id
    }
  }

  /** @throws AppError('slots-busy' | 'memory-short') */
  #admit(repoPath: string, id: TaskId): Promise<SlotLease> {
    const { slots, limits, hostMemory } = this.#options
    const admitted = this.#admission.then(async () => {
      const others = slots.list().flatMap(({ taskId }) => (taskId === null ? [] : [taskId]))
      const lease = slots.lease(repoPath, id)
      try {
        const machines = others.map((other) => this.#tasks.get(other)?.machine ?? null)
        await requireMemory(limits.memoryMiB, machines, hostMemory)
        return lease
      } catch (error) {
        lease[Symbol.dispose]()
        throw error
      }
    })
    this.#admission = admitted.catch(() => undefined) // Whoever asked has the error.
    return admitted
  }

  /** Gives free slots to tasks that wait, as long as there are both. One at a time: calls meanwhile have it look once more. */
  #startWaiting(): void {
    const { slots, log } = this.#options
    if (this.#queue.size === 0 || this.#closing || this.#detach.signal.aborted) return
    const next = this.#queue.next(slots.list().flatMap(({ slot, taskId }) => (taskId === null ? [slot] : [])))
    if (!next) return
    this.#lookAgain = true
    if (this.#starting) return
    this.#starting = true
    this.#lookAgain = false
    const { id, repoPath } = next.record.task
    this.#admit(repoPath, id)
      .then(
        (lease) => {
          this.#lookAgain = true
          const waiting = this.#closing || this.#detach.signal.aborted ? undefined : this.#queue.take(id)
          if (waiting) this.#startQueued(waiting.record, lease)
          else lease[Symbol.dispose]()
        },
        (error: unknown) => log.debug('a task waits on', { taskId: id, reason: String(error) }),
      )
      .finally(() => {
        this.#starting = false
        if (this.#lookAgain) this.#startWaiting()
      })
  }

  #startQueued(record: TaskRecord, lease: SlotLease): void {
    const { slots, log } = this.#options
    this.#track(record, lease, (stop) => runQueued(this.#options, record, lease.slot, stop, this.#detach.signal))
    slots.remember(record.task.repoPath, lease.slot).catch((error: unknown) => {
      log.warn('the preferred slot could not be stored', { reason: String(error) })
    })
  }

  /** Follows a task to its end; frees its slot before the end is told, so that whoever hears of it finds the slot free. */
  #track(record: TaskRecord, lease: Disposable, work: (stop: AbortSignal) => Promise<boolean>): void {
    const { id } = record.task
    const stop = new AbortController()
    const follow = async () => {
      let letGo = false
      try {
        await this.#calls.quiet()
        letGo = !(await work(stop.signal))
        if (letGo) return
        lease[Symbol.dispose]()
        await this.#announce(record)
        await this.#unfinished.remove(id)
      } catch (error) {
        // The record could not be written: the next start finds the task unfinished and settles it.
        this.#options.log.error('task could not be recorded', { taskId: id, reason: String(error) })
      } finally {
        await reap(this.#options, (name) =>
          name === id ? letGo : this.#detach.signal.aborted || this.#isRunning(name),
        )
        lease[Symbol.dispose]()
        await record[Symbol.asyncDispose]()
        this.#running.delete(id)
        this.#startWaiting()
      }
    }
    this.#running.set(id, { stop, done: follow() })
  }

  #isRunning(name: string): boolean {
    return [...this.#running.keys()].some((id) => id === name)
  }

  async #announce(record: TaskRecord): Promise<void> {
    const { task } = record
    const view = taskView(task)
    const logged =
      (await this.events.endOf(task.id)) ??
      (await this.events.append({
        type: view.status === 'completed' ? 'completed' : 'failed',
        taskId: task.id,
        repo: task.repo,
        owner: task.owner,
        result: view.result,
        mergeResult: view.merge_result,
        error: view.error,
      }))
    await record.add({ type: 'announced', seq: logged.seq })
  }

  /** Continues what the last run left: an unfinished task, or an end that nobody was told of. */
  async #takeUp(task: Task): Promise<void> {
    const { slots, log, provisions } = this.#options
    const finished = task.state.phase === 'finished'
    if (finished && task.announcedSeq !== null) return
    try {
      const record = await TaskRecord.open(taskFiles(task.repoPath, task.id), (next) => this.#tasks.set(next.id, next))
      if (task.state.phase === 'queued' && task.queue) return this.#queue.add(record, slots.preferred(task.repoPath))
      const slot = finished ? null : slotOf(task.state)
      const lease = slot === null ? noLease : slots.reclaim(slot, task.id)
      const secret = await provisions().then(
        ({ key }) => key.value,
        () => '', // No key is needed to go on with a task, only to clean its logs of it.
      )
      this.#track(record, lease, async (stop) =>
        finished ? true : await recoverTask(this.#options, record, secret, stop, this.#detach.signal),
      )
    } catch (error) {
      log.error('a task could not be taken up; its folder is left as it is', { taskId: task.id, reason: String(error) })
    }
  }

  /** Repositories can be registered by another process at any time; each one's tasks are read once. */
  async #loadRepositories(): Promise<void> {
    for (const { path } of await this.#options.repositories.list()) {
      if (this.#loaded.has(path)) continue
      const tasks = await loadTasks(path, this.#options.log, (message) => this.#damaged.add(message))
      if (this.#loaded.has(path)) continue
      this.#loaded.add(path)
      for (const task of tasks) if (!this.#tasks.has(task.id)) this.#tasks.set(task.id, task)
    }
  }
}

/** Memory can come free without a task's end. */
const retryMs = 5_000

const minFreeGiB = ({ limits }: OrchestratorOptions): number => limits.minFreeGiB ?? 0

const noLease: Disposable = { [Symbol.dispose]: () => undefined }

async function finish(record: TaskRecord, outcome: TaskOutcome): Promise<true> {
  await record.add({ type: 'finished', outcome })
  return true
}

async function requireFlake(repoPath: string): Promise<void> {
  try {
    await access(join(repoPath, 'flake.nix'))
  } catch (cause) {
    throw new AppError('flake-missing', `No flake.nix found in ${repoPath}`, {
      hint: 'Add one with a devShells.default output and commit it',
      cause,
    })
  }
}
