import { AppError } from '../core/failure.ts'
import type { LandingState } from '../core/landing/landing.ts'
import type { By } from '../core/merge/may-publish.ts'
import type { MergeOutcome } from '../core/merge/merge.ts'
import type { Overlap } from '../core/merge/overlap.ts'
import type { Readiness } from '../core/plan/readiness.ts'
import type { HistoryFound, HistoryWish } from '../core/task/history-wish.ts'
import type { MessageTime } from '../core/task/message.ts'
import type { SlotId, Task, TaskId } from '../core/task/task.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import type { NewestTasks, WantedTasks } from '../core/task/wanted-tasks.ts'
import { assembleParts, type OrchestratorOptions, type OrchestratorParts } from './assembly.ts'
import type {
  AcceptedPlan,
  Attachments,
  AttemptsRequest,
  Changes,
  CleanUp,
  ContinueRequest,
  ForkRequest,
  PlannedRequest,
  PruneReport,
  PruneRequest,
  RegisteredRepository,
  Reviews,
  RunRequest,
  TaskListener,
  Tasks,
} from './contract.ts'
import type { EventLog } from './events/event-log.ts'
import { withdraw } from './landing/withdraw.ts'
import { moveFormerTasks } from './record/former-layout.ts'
import { filesOf } from './record/task-files.ts'
import { quit } from './run/cancel-task.ts'
import { startUp } from './start-up.ts'
import { type DiskUsage, diskUsage } from './upkeep/disk-usage.ts'
import { prune } from './upkeep/prune.ts'

/** Accepts tasks, runs each to its outcome, and knows all there are: the front of its parts. One per home folder. */
export class Orchestrator implements Tasks, AsyncDisposable {
  readonly events: EventLog
  readonly reviews: Reviews
  readonly changes: Changes
  readonly attachments: Attachments
  readonly #options: OrchestratorOptions
  readonly #parts: OrchestratorParts

  private constructor(options: OrchestratorOptions, parts: OrchestratorParts) {
    this.#options = options
    this.#parts = parts
    this.events = options.events
    this.reviews = parts.reviews
    this.changes = parts.changes
    this.attachments = parts.attachments
  }

  /** Reads what is on record, takes up what was left unfinished, and is then ready for new tasks. */
  static async start(options: OrchestratorOptions): Promise<Orchestrator> {
    await moveFormerTasks(options.home, options.log)
    const parts = await assembleParts(options)
    await startUp(options, parts)
    return new Orchestrator(options, parts)
  }

  run(request: RunRequest): Promise<TaskId> {
    return this.#parts.gate.answer(async () => {
      this.#countRun(request.owner)
      return await this.#parts.intake.accept(request)
    })
  }

  runPlan(requests: readonly PlannedRequest[]): Promise<AcceptedPlan> {
    return this.#parts.gate.answer(async () => {
      for (const { owner } of requests) this.#countRun(owner)
      return await this.#parts.plans.accept(requests)
    })
  }

  runAttempts(request: AttemptsRequest): Promise<readonly TaskId[]> {
    return this.#parts.gate.answer(async () => {
      for (let count = 0; count < request.count; count += 1) this.#countRun(request.owner)
      return await this.#parts.attempts.accept(request)
    })
  }

  attempts(group: string): Promise<readonly Task[]> {
    return this.#parts.attempts.members(group)
  }

  choose(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome> {
    return this.#parts.attempts.choose(id, by)
  }

  async cancelPlan(planId: string): Promise<readonly TaskId[]> {
    const ids = await this.#parts.plans.unfinished(planId)
    for (const id of ids) {
      await this.cancel(id).catch((error: unknown) => {
        const endsByItself = error instanceof AppError && (error.code === 'task-ended' || error.code === 'task-busy')
        if (!endsByItself) throw error
      })
    }
    return ids
  }

  get(id: TaskId): Promise<Task> {
    return this.#parts.catalog.get(id)
  }

  list(): Promise<readonly TaskBrief[]> {
    return this.#parts.catalog.list()
  }

  find(wanted: WantedTasks): Promise<readonly TaskBrief[]> {
    return this.#parts.catalog.find(wanted)
  }

  newest(wish: NewestTasks): ReturnType<Tasks['newest']> {
    return this.#parts.catalog.newest(wish)
  }

  history(wish: HistoryWish): Promise<HistoryFound> {
    return this.#parts.catalog.history(wish)
  }

  totals(): ReturnType<Tasks['totals']> {
    return this.#parts.catalog.totals()
  }

  watch(listener: TaskListener): () => void {
    return this.#parts.catalog.watch(listener)
  }

  quiet(): Promise<void> {
    return this.#parts.gate.quiet()
  }

  queuePosition(id: TaskId): number | null {
    return this.#parts.waiting.position(id)
  }

  landing(id: TaskId): LandingState | null {
    return this.#parts.landings.stateOf(id)
  }

  landingIds(): readonly TaskId[] {
    return this.#parts.landings.ids()
  }

  overlaps(id: TaskId): readonly Overlap[] {
    return this.#parts.overlaps.of(id)
  }

  imageProgress(): string | null {
    return this.#options.beginProgress.image()
  }

  beginProgress(task: Task): Promise<string | null> {
    return this.#options.beginProgress.of(task)
  }

  readiness(id: TaskId): Readiness | null {
    return this.#parts.followers.of(id)
  }

  async consolePath(id: TaskId): Promise<string> {
    return filesOf(await this.get(id)).console
  }

  async cancel(id: TaskId): Promise<void> {
    const { ended, follower } = this.#parts
    if ((await this.get(id)).state.phase === 'parked') await ended.over(id) // It may be on its way from its end to those that wait.
    if (!(await withdraw(id, this.#parts))) await follower.cancel(id)
  }

  merge(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome> {
    return this.#parts.ended.merge(id, by)
  }

  resolve(id: TaskId, request: Pick<RunRequest, 'owner' | 'queue'> = {}): Promise<TaskId> {
    const { ended, gate, resolvers } = this.#parts
    return ended.act(id, async (task) => {
      this.#countRun(request.owner)
      return await gate.answer(() => resolvers.start(task, request))
    })
  }

  continue(id: TaskId, request: ContinueRequest): Promise<void> {
    return this.#parts.gate.answer(async () => {
      this.#countRun(request.owner)
      await this.#parts.continuation.accept(id, request)
    })
  }

  fork(id: TaskId, request: ForkRequest): Promise<readonly TaskId[]> {
    return this.#parts.gate.answer(async () => {
      for (let count = 0; count < request.count; count += 1) this.#countRun(request.owner)
      return await this.#parts.forks.accept(id, request)
    })
  }

  tell(id: TaskId, text: string, when: MessageTime): Promise<string> {
    return this.#parts.messages.say(id, text, when)
  }

  interrupt(id: TaskId): Promise<void> {
    return this.#parts.messages.interrupt(id)
  }

  letFinish(id: TaskId): Promise<void> {
    return this.#parts.messages.finish(id)
  }

  cleanup(id: TaskId, wish: CleanUp): Promise<void> {
    return this.#parts.ended.cleanUp(id, wish)
  }

  prune(request: PruneRequest): Promise<PruneReport> {
    return prune(this.#parts, this.#options, this.#parts.deletions, request, this.#options.log)
  }

  async usage(): Promise<DiskUsage> {
    return await diskUsage(this.#options, await this.list())
  }

  async warnings(): Promise<readonly string[]> {
    const { disks, catalog } = this.#parts
    return [...(await disks.warnings()), ...catalog.damaged, ...(catalog.progress === null ? [] : [catalog.progress])]
  }

  slots(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[] {
    return this.#options.slots.list()
  }

  warmSlot(repoPath: string): SlotId | null {
    return this.#options.slots.remembered(repoPath)
  }

  async places(): ReturnType<Tasks['places']> {
    return (await this.#options.places?.list()) ?? []
  }

  placeStanding(id: TaskId): ReturnType<Tasks['placeStanding']> {
    return this.#options.places?.standing(id)
  }

  async placeProblems(name: string, signal: AbortSignal): ReturnType<Tasks['placeProblems']> {
    const { places } = this.#options
    if (places) return await places.problems(name, signal)
    throw new AppError('place-unknown', 'This orchestrator has no places')
  }

  machinesAhead(): ReturnType<Tasks['machinesAhead']> {
    return this.#parts.warm.list()
  }

  repositories(): Promise<readonly RegisteredRepository[]> {
    return this.#options.repositories.list()
  }

  hostSleeps(): Promise<void> {
    return this.#options.clock.pauseAll()
  }

  hostWakes(): Promise<void> {
    return this.#options.clock.resumeAll()
  }

  /** The settings that were given as getters may have other values now. */
  settingsChanged(): void {
    this.#parts.warm.adjust()
    this.#parts.waiting.callNext()
  }

  /** Takes no more tasks and stops the running ones, with salvage; resolves when all have ended and their ends are announced. */
  async stopAll(): Promise<void> {
    const { lifetime, waiting, landings, running, warm, prepared } = this.#parts
    lifetime.close()
    waiting.close()
    landings.close()
    for (const id of running.ids) running.stop(id, quit())
    await prepared[Symbol.asyncDispose]()
    await running.allOver()
    await warm[Symbol.asyncDispose]()
  }

  /** Takes no more tasks and lets go of the running ones: their machines work on and are adopted at the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { lifetime, disks, overlaps, followers, waiting, landings, admission, running, warm, prepared, catalog } =
      this.#parts
    lifetime.letGo()
    disks[Symbol.dispose]()
    overlaps[Symbol.dispose]()
    followers[Symbol.dispose]()
    waiting.close()
    await landings[Symbol.asyncDispose]()
    await admission.idle()
    await prepared[Symbol.asyncDispose]()
    await running.allOver()
    await warm[Symbol.asyncDispose]()
    await waiting[Symbol.asyncDispose]()
    await catalog[Symbol.asyncDispose]()
  }

  /** Callers without a name share one rate. @throws AppError('rate-limited') when a caller asks for tasks too fast. */
  #countRun(owner = 'nobody'): void {
    this.#options.runRate?.take(owner)
  }
}
