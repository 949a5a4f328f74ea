import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { validateDescription } from '../core/description.ts'
import { AppError, toFailure } from '../core/failure.ts'
import type { MergeOutcome } from '../core/merge.ts'
import { type Resolves, type SlotId, slotOf, type Task, type TaskId } from '../core/task.ts'
import type { TaskBrief } from '../core/task-brief.ts'
import { taskView } from '../core/view.ts'
import { Patience } from '../lib/patience.ts'
import { Admission } from './admission.ts'
import { AnswersFirst } from './answers-first.ts'
import { cancelled, isCancelled, quit, untilCancelled } from './cancel-task.ts'
import { cleanUpTask } from './clean-up-task.ts'
import type { RegisteredRepository, RunRequest, TaskListener, Tasks } from './contract.ts'
import { DiskWatch, findShortages, requireSpace, shortageText } from './disk-space.ts'
import { type DiskUsage, diskUsage } from './disk-usage.ts'
import { endTask } from './end-task.ts'
import type { EventLog } from './event-log.ts'
import { findForgotten } from './find-forgotten.ts'
import { FinishedIndex, finishedIndexPath } from './finished-index.ts'
import type { HostClock } from './host-clock.ts'
import type { EndEvent } from './logged-event.ts'
import { mergeAgain } from './merge-again.ts'
import { type PruneReport, type PruneRequest, prune } from './prune.ts'
import { reap } from './reap.ts'
import { recoverTask } from './recover-task.ts'
import type { HostMemory } from './require-memory.ts'
import { mergedThrough, planResolution, wantsResolution } from './resolve-task.ts'
import { TaskReviews } from './reviews.ts'
import { runQueued } from './run-queued.ts'
import type { RunRate } from './run-rate.ts'
import type { SlotLease, SlotPool } from './slot-pool.ts'
import { TaskCatalog } from './task-catalog.ts'
import { taskFiles } from './task-files.ts'
import { type RecordOptions, TaskRecord } from './task-record.ts'
import { acceptedCaps, type Provisions, type RunEnd, type RunnerContext, runTask } from './task-runner.ts'
import { UnfinishedTasks } from './unfinished-tasks.ts'
import { WaitingRoom } from './waiting-room.ts'

export interface OrchestratorOptions extends RunnerContext {
  readonly clock: HostClock
  /** Of images and tools; left out, `usage` and `prune` pass them over. */
  readonly cacheDirectory?: string
  readonly slots: SlotPool
  readonly events: EventLog
  readonly repositories: {
    /** @throws AppError('repository-unknown') */
    find(alias: string): Promise<RegisteredRepository>
    list(): Promise<readonly RegisteredRepository[]>
  }
  /** What a task of now in this repository is given; throws AppError('key-missing') and the like. */
  readonly provisions: (repoPath: string) => Promise<Provisions>
  /** Whether tasks that do not say wait for a slot. Default false. */
  readonly queue?: boolean
  /** How fast clients may ask for tasks; left out, as fast as they can. */
  readonly runRate?: RunRate
  /** What becomes of a task whose work collides: it waits for a wish, or another task resolves it, once. Default: it waits. */
  readonly resolveConflicts?: 'ask' | 'auto'
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
  readonly reviews: TaskReviews
  readonly #options: OrchestratorOptions
  readonly #catalog: TaskCatalog
  readonly #index: FinishedIndex
  readonly #running = new Map<TaskId, Running>()
  /** Ended tasks that are being merged or cleaned up. */
  readonly #inHand = new Set<TaskId>()
  readonly #detach = new AbortController()
  readonly #unfinished: UnfinishedTasks
  readonly #diskWatch: DiskWatch
  readonly #admission: Admission
  readonly #waiting: WaitingRoom
  #closing = false
  readonly #calls = new AnswersFirst()
  readonly #recordOptions: RecordOptions

  private constructor(options: OrchestratorOptions, unfinished: UnfinishedTasks, index: FinishedIndex) {
    this.#options = options
    this.#unfinished = unfinished
    this.#index = index
    this.events = options.events
    const { slots, log, limits, hostMemory } = options
    this.#catalog = new TaskCatalog({ repositories: () => options.repositories.list(), index, log })
    this.#recordOptions = { onChange: this.#catalog.put, patience: new Patience(log, this.#detach.signal) }
    const machineOf = (id: TaskId) => this.#catalog.open.get(id)?.machine ?? null
    this.#admission = new Admission({ slots, memoryMiB: () => limits.memoryMiB, hostMemory, machineOf })
    const start = (record: TaskRecord, lease: SlotLease) => this.#startQueued(record, lease)
    this.#waiting = new WaitingRoom({ slots, admission: this.#admission, log, start })
    this.reviews = new TaskReviews({
      get: (id) => this.get(id),
      afterEnd: (id, act) => this.#afterEnd(id, act),
      onChange: this.#catalog.put,
    })
    this.#diskWatch = new DiskWatch(() => this.#foldersInUse(), minFreeGiB(options), options.log)
  }

  /** Reads what is on record, takes up what was left unfinished, and is then ready for new tasks. */
  static async start(options: OrchestratorOptions): Promise<Orchestrator> {
    const unfinished = await UnfinishedTasks.open(join(options.home, 'unfinished.json'), options.log)
    const index = await FinishedIndex.open(finishedIndexPath(options.home), options.log)
    const orchestrator = new Orchestrator(options, unfinished, index)
    const catalog = orchestrator.#catalog
    await catalog.load()
    for (const task of await findForgotten(unfinished, catalog.open, options.log, catalog.reportDamage))
      catalog.put(task)
    const tasks = [...catalog.open.values()]
    const adoptable = new Set<string>(tasks.flatMap(({ id, machine, exit }) => (machine && !exit ? [id] : [])))
    await reap(options, (name) => adoptable.has(name)) // Before recovery: no machine may write into work that is being salvaged.
    for (const task of tasks) await orchestrator.#takeUp(task)
    orchestrator.#waiting.open() // Only now: machines that live have their slots, and of all that wait the first in order goes first.
    return orchestrator
  }

  run(request: RunRequest): Promise<TaskId> {
    return this.#calls.answer(async () => {
      this.#options.runRate?.take(request.owner ?? 'nobody')
      return await this.#accept(request)
    })
  }

  async #accept({ description, repo, owner, caps = {}, ...request }: RunRequest, resolves?: Resolves): Promise<TaskId> {
    if (this.#closing || this.#detach.signal.aborted)
      throw new AppError('interrupted', 'The orchestrator is shutting down')
    validateDescription(description)
    const { alias, path, mergePolicy = { kind: 'auto' } } = await this.#options.repositories.find(repo)
    await requireFlake(path)
    await requireSpace([this.#options.home, path], minFreeGiB(this.#options))
    const provisions = await this.#options.provisions(path)
    const id = this.#catalog.newId()
    const waits = request.queue ?? this.#options.queue ?? false

    const lease = waits ? null : await this.#admission.admit(path, id)
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
          ...(mergePolicy.kind !== 'auto' && { mergePolicy }),
          ...(resolves && { resolves }),
        },
        this.#recordOptions,
      )
      if (lease === null) {
        this.#catalog.put(record.task)
        this.#waiting.add(record)
        this.#waiting.callNext()
        return id
      }
      await record.add({ type: 'slot-leased', slot: lease.slot })
      this.#track(record, lease, (stop) =>
        runTask(this.#options, record, provisions, lease.slot, stop, this.#detach.signal),
      )
      this.#remember(path, lease.slot)
      return id
    } catch (error) {
      if (!this.#running.has(id)) {
        lease?.[Symbol.dispose]()
        await this.#unfinished.remove(id)
      }
      throw error
    }
  }

  get(id: TaskId): Promise<Task> {
    return this.#catalog.get(id)
  }

  queuePosition(id: TaskId): number | null {
    return this.#waiting.position(id)
  }

  list(): Promise<readonly TaskBrief[]> {
    return this.#catalog.list()
  }

  async consolePath(id: TaskId): Promise<string> {
    const { repoPath } = await this.get(id)
    return taskFiles(repoPath, id).console
  }

  async cancel(id: TaskId): Promise<void> {
    const task = await this.get(id)
    if (isCancelled(task)) return
    if (task.state.phase === 'parked') await this.#running.get(id)?.done // It is on its way to those that wait.
    const waiting = this.#waiting.take(id)
    if (waiting) this.#track(waiting.record, noLease, () => finish(waiting.record))
    else this.#running.get(id)?.stop.abort(cancelled())
    await untilCancelled(id, async () => {
      const isFollowed = this.#running.has(id)
      const task = await this.get(id)
      return isFollowed || task.state.phase === 'finished' ? task : undefined
    })
  }

  merge(id: TaskId): Promise<MergeOutcome> {
    return this.#afterEnd(id, (task) => mergeAgain(task, this.#catalog.put))
  }

  resolve(id: TaskId, request: Pick<RunRequest, 'owner' | 'queue'> = {}): Promise<TaskId> {
    return this.#afterEnd(id, async (task) => {
      this.#options.runRate?.take(request.owner ?? 'nobody')
      const { description, resolves } = await planResolution(task, await this.list())
      return await this.#calls.answer(() => this.#accept({ description, repo: task.repo, ...request }, resolves))
    })
  }

  /** Of a task that resolved another one's conflicts. What goes wrong here must not keep the end from being told. */
  async #creditOriginal(task: Task): Promise<void> {
    try {
      await mergedThrough(task, this.#catalog.put)
    } catch (error) {
      const reason = toFailure(error).message
      this.#options.log.warn('a task could not be recorded as merged through another', { taskId: task.id, reason })
    }
  }

  /** Where the settings say so. Before the end is told, so that whoever hears of it finds the next task waiting. */
  async #resolveByItself(task: Task): Promise<void> {
    const { resolveConflicts = 'ask', log } = this.#options
    if (resolveConflicts === 'ask') return
    try {
      if (!wantsResolution(task, await this.list())) return
      const { description, resolves } = await planResolution(task, await this.list())
      const owner = task.owner === null ? {} : { owner: task.owner }
      await this.#accept({ description, repo: task.repo, queue: true, ...owner }, resolves)
    } catch (error) {
      log.warn('conflicts could not be given to a task', { taskId: task.id, reason: toFailure(error).message })
    }
  }

  async cleanup(id: TaskId, options: { readonly deleteRef: boolean }): Promise<void> {
    await this.#afterEnd(id, (task) => cleanUpTask(task, options))
    this.#catalog.drop(id)
  }

  /** What is done with a task that has ended, one thing at a time. @throws AppError('task-busy') */
  async #afterEnd<Result>(id: TaskId, act: (task: Task) => Promise<Result>): Promise<Result> {
    const { state } = await this.get(id)
    if (state.phase !== 'finished') {
      throw new AppError('task-busy', `Task ${id} has not ended yet`, { hint: 'Wait for its end, or cancel it' })
    }
    await this.#running.get(id)?.done // Its end may have been heard before the last line of its record was written.
    if (this.#inHand.has(id)) {
      throw new AppError('task-busy', `Task ${id} is being merged or cleaned up`, { hint: 'Try again in a moment' })
    }
    this.#inHand.add(id)
    try {
      return await act(await this.get(id))
    } finally {
      this.#inHand.delete(id)
    }
  }

  slots(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[] {
    return this.#options.slots.list()
  }

  async warnings(): Promise<readonly string[]> {
    const shortages = await findShortages([this.#options.home, ...this.#foldersInUse()], minFreeGiB(this.#options))
    return [...new Set(shortages.map(shortageText)), ...this.#catalog.damaged]
  }

  async usage(): Promise<DiskUsage> {
    return await diskUsage(this.#options, await this.list())
  }

  prune(request: PruneRequest): Promise<PruneReport> {
    return prune(this, this.#options, request, this.#options.log)
  }

  /** Where running tasks write; empty when none runs. */
  #foldersInUse(): readonly string[] {
    const repositories = [...this.#running.keys()].flatMap((id) => this.#catalog.open.get(id)?.repoPath ?? [])
    return repositories.length === 0 ? [] : [...new Set([this.#options.home, ...repositories])]
  }

  hostSleeps(): Promise<void> {
    return this.#options.clock.pauseAll()
  }

  hostWakes(): Promise<void> {
    return this.#options.clock.resumeAll()
  }

  repositories(): Promise<readonly RegisteredRepository[]> {
    return this.#options.repositories.list()
  }

  warmSlot(repoPath: string): SlotId | null {
    return this.#options.slots.remembered(repoPath)
  }

  watch(listener: TaskListener): () => void {
    return this.#catalog.watch(listener)
  }

  /** Takes no more tasks and stops the running ones, with salvage; resolves when all have ended and their ends are told. */
  async stopAll(): Promise<void> {
    this.#closing = true
    this.#waiting.close()
    const running = [...this.#running.values()]
    for (const { stop } of running) stop.abort(quit())
    await Promise.all(running.map(({ done }) => done))
  }

  /** Takes no more tasks and lets go of the running ones: their machines work on and are adopted at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#detach.abort(new AppError('interrupted', 'The orchestrator was stopped', { hint: 'Run the task again' }))
    this.#diskWatch[Symbol.dispose]()
    this.#waiting.close()
    await this.#admission.settled()
    await Promise.all([...this.#running.values()].map(({ done }) => done))
    await this.#waiting[Symbol.asyncDispose]()
    await this.#index[Symbol.asyncDispose]()
  }

  #startQueued(record: TaskRecord, lease: SlotLease): void {
    this.#track(record, lease, (stop) => runQueued(this.#options, record, lease.slot, stop, this.#detach.signal))
    this.#remember(record.task.repoPath, lease.slot)
  }

  #remember(repoPath: string, slot: SlotId): void {
    this.#options.slots.remember(repoPath, slot).catch((error: unknown) => {
      this.#options.log.warn('the preferred slot could not be stored', { reason: String(error) })
    })
  }

  /** Follows a task to its end; frees its slot before the end is told, so that whoever hears of it finds the slot free. */
  #track(record: TaskRecord, lease: Disposable, work: (stop: AbortSignal) => Promise<RunEnd>): void {
    const { id } = record.task
    const stop = new AbortController()
    const follow = async () => {
      let end: RunEnd | undefined
      try {
        await this.#calls.quiet()
        end = await work(stop.signal)
        if (end !== 'finished') return
        lease[Symbol.dispose]()
        await this.#creditOriginal(record.task)
        await this.#resolveByItself(record.task)
        await this.#announce(record)
        await this.#unfinished.remove(id)
      } catch (error) {
        // The record could not be written: the next start finds the task unfinished and settles it.
        this.#options.log.error('task could not be recorded', { taskId: id, reason: String(error) })
      } finally {
        await reap(this.#options, (name) =>
          name === id ? end === 'left' : this.#detach.signal.aborted || this.#isRunning(name),
        )
        lease[Symbol.dispose]()
        this.#running.delete(id)
        if (end === 'parked' && !this.#closing && !this.#detach.signal.aborted) this.#waiting.add(record)
        else await record[Symbol.asyncDispose]()
        this.#waiting.callNext()
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
    const end: EndEvent = {
      type: view.status === 'completed' ? 'completed' : 'failed',
      taskId: task.id,
      repo: task.repo,
      owner: task.owner,
      result: view.result,
      mergeResult: view.merge_result,
      error: view.error,
    }
    const logged =
      (await this.events.endOf(task.id)) ?? (await record.patiently('the end', () => this.events.append(end)))
    await record.add({ type: 'announced', seq: logged.seq })
  }

  /** Continues what the last run left: an unfinished task, or an end that nobody was told of. */
  async #takeUp(task: Task): Promise<void> {
    const { slots, log, provisions } = this.#options
    const finished = task.state.phase === 'finished'
    if (finished && task.announcedSeq !== null) return
    try {
      await using opened = new AsyncDisposableStack()
      const record = opened.use(await TaskRecord.open(taskFiles(task.repoPath, task.id), this.#recordOptions))
      if (task.state.phase === 'parked' || (task.state.phase === 'queued' && task.queue)) {
        opened.move()
        return this.#waiting.add(record)
      }
      const slot = finished ? null : slotOf(task.state)
      const lease = slot === null ? noLease : slots.reclaim(slot, task.id)
      const secret = await provisions(task.repoPath).then(
        ({ key }) => key.value,
        () => '', // No key is needed to go on with a task, only to clean its logs of it.
      )
      opened.move()
      this.#track(record, lease, async (stop) =>
        finished ? 'finished' : await recoverTask(this.#options, record, secret, stop, this.#detach.signal),
      )
    } catch (error) {
      log.error('a task could not be taken up; its folder is left as it is', { taskId: task.id, reason: String(error) })
    }
  }
}

const minFreeGiB = ({ limits }: OrchestratorOptions): number => limits.minFreeGiB ?? 0

const noLease: Disposable = { [Symbol.dispose]: () => undefined }

/** The end of a task that was cancelled while it waited. */
async function finish(record: TaskRecord): Promise<'finished'> {
  await endTask(record, { code: 'cancelled', message: 'Cancelled' })
  return 'finished'
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
