import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import type { By } from '../core/merge/may-publish.ts'
import type { MergeOutcome } from '../core/merge/merge.ts'
import type { SlotId, Task, TaskId } from '../core/task/task.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import { remembered } from '../lib/cached.ts'
import { ShortageRetry } from '../lib/shortage.ts'
import { Admission } from './admission/admission.ts'
import { DiskWatch, findShortages, shortageText } from './admission/disk-space.ts'
import { HostCheck } from './admission/host-check.ts'
import type { HostMemory } from './admission/requirements.ts'
import type { RunRate } from './admission/run-rate.ts'
import { TaskIntake } from './admission/task-intake.ts'
import { WaitingRoom } from './admission/waiting-room.ts'
import { WorkGate } from './admission/work-gate.ts'
import type {
  CleanUp,
  PruneReport,
  PruneRequest,
  RegisteredRepository,
  RunRequest,
  TaskListener,
  Tasks,
} from './contract.ts'
import type { EventLog } from './events/event-log.ts'
import { announceEnd } from './finish/announce-end.ts'
import { mergeAgain } from './finish/merge-again.ts'
import { repairCheckouts } from './finish/repair-checkouts.ts'
import { type LateSalvage, salvagedLate } from './finish/salvage-late.ts'
import { weighRemoval } from './finish/waiting-work.ts'
import { FinishedIndex } from './record/finished-index.ts'
import { moveFormerTasks } from './record/former-layout.ts'
import { showInWorkTree } from './record/mirror.ts'
import { TaskCatalog } from './record/task-catalog.ts'
import { filesOf } from './record/task-files.ts'
import type { RecordOptions, TaskRecord } from './record/task-record.ts'
import { UnfinishedTasks } from './record/unfinished-tasks.ts'
import { workFolderFor } from './record/work-places.ts'
import { Resolutions } from './review/resolutions.ts'
import { TaskReviews } from './review/reviews.ts'
import { quit } from './run/cancel-task.ts'
import type { HostClock } from './run/host-clock.ts'
import type { RunningTasks } from './run/running-tasks.ts'
import { TaskFollower } from './run/task-follower.ts'
import type { RunnerContext } from './run/task-run.ts'
import type { Provisions } from './slots/provisions.ts'
import type { SlotPool } from './slots/slot-pool.ts'
import { WarmMachines } from './slots/warm-machines.ts'
import { cleanUpTask } from './upkeep/clean-up-task.ts'
import { Deletions } from './upkeep/deletions.ts'
import { type DiskUsage, diskUsage } from './upkeep/disk-usage.ts'
import { prune } from './upkeep/prune.ts'
import { takeStock } from './upkeep/take-stock.ts'

export interface OrchestratorOptions extends RunnerContext {
  readonly clock: HostClock
  /** Of images and tools; left out, `usage` and `prune` ignore them. */
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
  /** Where clones, shares and consoles of new tasks lie; null or left out: in the home. */
  readonly tasksFolder?: string | null
  /** How many machines may be booted ahead of their tasks. Default 0. */
  readonly warmMachines?: number
  /** In place of the host's own figure; for tests. */
  readonly hostMemory?: HostMemory
}

/** Accepts tasks, runs each to its outcome, and knows all there are. One per home folder. */
export class Orchestrator implements Tasks, AsyncDisposable {
  readonly events: EventLog
  readonly reviews: TaskReviews
  readonly #options: OrchestratorOptions
  readonly #catalog: TaskCatalog
  readonly #index: FinishedIndex
  readonly #follower: TaskFollower
  readonly #running: RunningTasks
  readonly #intake: TaskIntake
  readonly #resolutions: Resolutions
  /** Ended tasks that are being merged or cleaned up. */
  readonly #inHand = new Set<TaskId>()
  readonly #detach = new AbortController()
  readonly #unfinished: UnfinishedTasks
  readonly #deletions: Deletions
  readonly #diskWatch: DiskWatch
  readonly #host: HostCheck
  /** Clients and window ask for warnings again and again, and a look at a file system takes longer than all else of their call. */
  readonly #shortages = remembered(
    () => findShortages([this.#options.home, ...this.#foldersInUse()], minFreeGiB(this.#options)),
    1_000,
  )
  readonly #admission: Admission
  readonly #waiting: WaitingRoom
  readonly #warm: WarmMachines
  #closing = false
  readonly #calls = new WorkGate()
  readonly #recordOptions: RecordOptions

  private constructor(
    options: OrchestratorOptions,
    unfinished: UnfinishedTasks,
    index: FinishedIndex,
    deletions: Deletions,
  ) {
    this.#deletions = deletions
    this.#options = options
    this.#unfinished = unfinished
    this.#index = index
    this.events = options.events
    const { slots, log, limits, hostMemory } = options
    this.#host = new HostCheck(options.driver, log)
    this.#catalog = new TaskCatalog({
      home: options.home,
      repositories: () => options.repositories.list(),
      index,
      log,
    })
    this.#recordOptions = { onChange: this.#changed, shortageRetry: new ShortageRetry(log, this.#detach.signal) }
    const machineOf = (id: TaskId) => this.#catalog.open.get(id)?.machine ?? null
    this.#warm = new WarmMachines({
      ...{ home: options.home, driver: options.driver, limits, log, slots, unfinished },
      provisions: options.provisions,
      limit: () => options.warmMachines ?? 0,
      newId: () => this.#catalog.newId(),
      workFolderFor: (id) => workFolderFor(options.tasksFolder ?? null, id),
      hasRoom: () => this.#admission.hasRoomAhead(),
    })
    this.#admission = new Admission({
      slots,
      memoryMiB: () => limits.memoryMiB,
      hostMemory,
      machineOf,
      warm: this.#warm,
    })
    this.#waiting = new WaitingRoom({
      ...{ slots, admission: this.#admission, log },
      start: (record, lease) => this.#follower.beginQueued(record, lease),
    })
    this.reviews = new TaskReviews({
      get: (id) => this.get(id),
      afterEnd: (id, act, salvage) => this.#afterEnd(id, act, salvage),
      onChange: this.#catalog.put,
      rules: options,
    })
    const parts = {
      catalog: this.#catalog,
      waiting: this.#waiting,
      warm: this.#warm,
      recordOptions: this.#recordOptions,
    }
    this.#follower = new TaskFollower({
      ...{ ...parts, context: options, detach: this.#detach.signal },
      isClosing: () => this.#closing,
      quiet: () => this.#calls.quiet(),
      onEnd: (record) => this.#tellEnd(record),
    })
    this.#running = this.#follower.running
    this.#intake = new TaskIntake({
      ...{
        ...parts,
        rules: options,
        unfinished,
        host: this.#host,
        admission: this.#admission,
        follower: this.#follower,
      },
      isClosed: () => this.#closing || this.#detach.signal.aborted,
    })
    this.#resolutions = new Resolutions({
      list: () => this.list(),
      accept: (request, resolves) => this.#intake.accept(request, resolves),
      onChange: this.#catalog.put,
      byItself: () => options.resolveConflicts === 'auto',
      log,
    })
    this.#diskWatch = new DiskWatch(
      () => this.#foldersInUse(),
      () => minFreeGiB(options),
      options.log,
    )
  }

  /** Reads what is on record, takes up what was left unfinished, and is then ready for new tasks. */
  static async start(options: OrchestratorOptions): Promise<Orchestrator> {
    await moveFormerTasks(options.home, options.log)
    const unfinished = await UnfinishedTasks.open(join(options.home, 'unfinished.json'), options.log)
    const index = await FinishedIndex.open(options.home, options.log)
    const deletions = await Deletions.open(options.home, options.log)
    const orchestrator = new Orchestrator(options, unfinished, index, deletions)
    const tasks = await takeStock(options, orchestrator.#catalog, unfinished)
    for (const task of tasks) await orchestrator.#follower.takeUp(task)
    orchestrator.#host.lookAhead()
    const repositories = (await options.repositories.list()).map(({ path }) => path)
    const used = [...repositories, ...tasks.map(({ repoPath }) => repoPath)]
    void repairCheckouts(used, options.log, orchestrator.#detach.signal) // It may wait for a lock of who died; merges wait for it.
    void deletions.retry()
    orchestrator.#waiting.open() // Only now: machines that live have their slots, and of all that wait the first in order goes first.
    return orchestrator
  }

  run(request: RunRequest): Promise<TaskId> {
    return this.#calls.answer(async () => {
      this.#options.runRate?.take(request.owner ?? 'nobody')
      return await this.#intake.accept(request)
    })
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
    return filesOf(await this.get(id)).console
  }

  cancel(id: TaskId): Promise<void> {
    return this.#follower.cancel(id)
  }

  merge(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome> {
    return this.#afterEnd(
      id,
      async (task) => {
        const outcome = await mergeAgain(task, { by, rules: this.#options, onChange: this.#catalog.put })
        await showInWorkTree(task, this.#options) // It may have had no merge result before.
        return outcome
      },
      by === 'person' ? 'uncounted' : 'counted',
    )
  }

  resolve(id: TaskId, request: Pick<RunRequest, 'owner' | 'queue'> = {}): Promise<TaskId> {
    return this.#afterEnd(id, async (task) => {
      this.#options.runRate?.take(request.owner ?? 'nobody')
      return await this.#calls.answer(() => this.#resolutions.start(task, request))
    })
  }

  async cleanup(id: TaskId, wish: CleanUp): Promise<void> {
    const act = (task: Task) => cleanUpTask(task, wish, this.#options, this.#deletions)
    await this.#afterEnd(id, act, wish.deleteRef ? 'when-repository-is-back' : 'if-possible')
    this.#catalog.drop(id)
  }

  /** What is done with a task that has ended, one thing at a time. @throws AppError('task-busy') */
  async #afterEnd<Result>(
    id: TaskId,
    act: (task: Task) => Promise<Result>,
    salvage: LateSalvage = 'when-repository-is-back',
  ): Promise<Result> {
    const { state } = await this.get(id)
    if (state.phase !== 'finished') {
      throw new AppError('task-busy', `Task ${id} has not ended yet`, { hint: 'Wait for its end, or cancel it' })
    }
    await this.#running.over(id) // Its end may have been heard before the last line of its record was written.
    if (this.#inHand.has(id)) {
      throw new AppError('task-busy', `Task ${id} is being merged or cleaned up`, { hint: 'Try again in a moment' })
    }
    this.#inHand.add(id)
    try {
      return await act(await salvagedLate(await this.get(id), salvage, this.#catalog.put))
    } finally {
      this.#inHand.delete(id)
    }
  }

  slots(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[] {
    return this.#options.slots.list()
  }

  async warnings(): Promise<readonly string[]> {
    return [...new Set((await this.#shortages()).map(shortageText)), ...this.#catalog.damaged]
  }

  async usage(): Promise<DiskUsage> {
    return await diskUsage(this.#options, await this.list())
  }

  async mayCleanUp(id: TaskId, by: By): Promise<boolean> {
    return (await weighRemoval(await this.get(id), 'clean-up', by, this.#options)).kind === 'yes'
  }

  prune(request: PruneRequest): Promise<PruneReport> {
    return prune(this, this.#options, this.#deletions, request, this.#options.log)
  }

  /** Where running tasks write; empty when none runs. */
  #foldersInUse(): readonly string[] {
    const tasks = this.#running.ids.flatMap((id) => this.#catalog.open.get(id) ?? [])
    const folders = tasks.flatMap((task) => [task.repoPath, filesOf(task).workFolder])
    return folders.length === 0 ? [] : [...new Set([this.#options.home, ...folders])]
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

  machinesAhead(): ReturnType<Tasks['machinesAhead']> {
    return this.#warm.list()
  }

  /** The settings that were given as getters may tell something else now. */
  settingsChanged(): void {
    this.#warm.adjust()
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
    for (const id of this.#running.ids) this.#running.stop(id, quit())
    await this.#running.allOver()
    await this.#warm[Symbol.asyncDispose]()
  }

  /** Takes no more tasks and lets go of the running ones: their machines work on and are adopted at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#detach.abort(new AppError('interrupted', 'The orchestrator was stopped', { hint: 'Run the task again' }))
    this.#diskWatch[Symbol.dispose]()
    this.#waiting.close()
    await this.#admission.settled()
    await this.#running.allOver()
    await this.#warm[Symbol.asyncDispose]()
    await this.#waiting[Symbol.asyncDispose]()
    await this.#index[Symbol.asyncDispose]()
  }

  /** A machine for the next task is not booted beside one that a task waits for. */
  readonly #changed = (task: Task): void => {
    this.#catalog.put(task)
    if (task.state.phase === 'working' || task.state.phase === 'finished') this.#warm.used(task.repoPath)
  }

  async #tellEnd(record: TaskRecord): Promise<void> {
    await showInWorkTree(record.task, this.#options) // First: who hears of the end looks there.
    await this.#resolutions.afterEnd(record.task)
    await announceEnd(record, this.events)
    await this.#unfinished.remove(record.task.id)
  }
}

const minFreeGiB = ({ limits }: OrchestratorOptions): number => limits.minFreeGiB ?? 0
