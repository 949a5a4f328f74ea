import { randomUUID } from 'node:crypto'
import { AppError } from '../../../main/core/failure.ts'
import type { By } from '../../../main/core/merge/may-publish.ts'
import type { MergeOutcome } from '../../../main/core/merge/merge.ts'
import type { Overlap } from '../../../main/core/merge/overlap.ts'
import { inOrder } from '../../../main/core/plan/plan.ts'
import type { Readiness } from '../../../main/core/plan/readiness.ts'
import { validateDescription } from '../../../main/core/task/description.ts'
import type { HistoryFound, HistoryWish } from '../../../main/core/task/history-wish.ts'
import type { MessageTime, NewMessage } from '../../../main/core/task/message.ts'
import {
  allSlots,
  type SlotId,
  slotCount,
  slotOf,
  type Task,
  type TaskEvent,
  type TaskId,
  type TaskResult,
} from '../../../main/core/task/task.ts'
import type { TaskBrief } from '../../../main/core/task/task-brief.ts'
import { isReachable, newTask, transition } from '../../../main/core/task/transition.ts'
import { taskView } from '../../../main/core/task/view.ts'
import {
  matchingNewest,
  type NewestTasks,
  totalsOf,
  type WantedTasks,
  wantedAmong,
} from '../../../main/core/task/wanted-tasks.ts'
import type {
  AcceptedPlan,
  Attachments,
  AttemptsRequest,
  Changes,
  ChangesSeen,
  CleanUp,
  ContinueRequest,
  ForkRequest,
  PlannedRequest,
  PruneReport,
  PruneRequest,
  RegisteredRepository,
  RunRequest,
  TaskListener,
  Tasks,
} from '../../../main/tasks/contract.ts'
import type { EventLog } from '../../../main/tasks/events/event-log.ts'
import { filesOf } from '../../../main/tasks/record/task-files.ts'
import { isCancelled } from '../../../main/tasks/run/cancel-task.ts'
import type { DiskUsage } from '../../../main/tasks/upkeep/disk-usage.ts'
import { sampleMerge as merged, taskId } from '../tasks.ts'
import { ScriptedReviews } from './scripted-reviews.ts'

const at = (): string => new Date().toISOString()

export interface Ending {
  readonly summary?: string
  readonly filesChanged?: readonly string[]
  /** Present: the task fails with this. */
  readonly error?: string
  /** What becomes of the commits; left out, one commit is merged. */
  readonly merge?: MergeOutcome
}

const noFile = { mode: '000000', id: '0'.repeat(40) }
const changesSeen: ChangesSeen = {
  ...{ live: true, readAt: '2026-01-02T03:04:05.000Z', notes: [] },
  commits: [{ id: '2'.repeat(40), subject: 'Say\u200bit', author: 'Claude', at: '2026-01-02T03:04:05+00:00' }],
  files: [
    {
      ...{ path: 'a\u202e.txt', oldPath: null, status: 'added', added: 1, removed: 0, binary: false },
      ...{ oldBlob: noFile, newBlob: { mode: '100644', id: '3'.repeat(40) } },
    },
  ],
}

const noMachine = async (): Promise<never> => {
  throw new AppError('task-busy', 'There is no machine behind this task')
}

/** The orchestrator's contract with nothing behind it: tasks run until the test ends them. The event log is the real one. */
export class ScriptedTasks implements Tasks {
  readonly events: EventLog
  readonly reviews = new ScriptedReviews((id) => this.merge(id, 'person'))
  /** Of every task the same: one file, with a control sequence in its lines. */
  readonly changes: Changes = {
    look: async () => changesSeen,
    diff: async () => ({ kind: 'text', hunks: [] }),
    patch: async () => ({
      ...changesSeen,
      patch: '--- a.txt\n+++ a.txt\n+\u001b[31mred\n',
      without: 0,
      unusual: { files: ['a\u200b.txt'] },
    }),
  }
  readonly attachments: Attachments = {
    openShell: noMachine,
    connect: noMachine,
    openSsh: noMachine,
    ports: noMachine,
  }
  readonly requests: RunRequest[] = []
  readonly #tasks = new Map<TaskId, Task>()
  #lastId = 0xa0000000

  constructor(events: EventLog) {
    this.events = events
  }

  async run(request: RunRequest): Promise<TaskId> {
    validateDescription(request.description)
    if (!(await this.repositories()).some(({ alias }) => alias === request.repo)) {
      throw new AppError('repository-unknown', `Repo '${request.repo}' not registered`, {
        hint: "Did you mean 'project'? Registered: project, other",
      })
    }
    const free = this.slots().find((slot) => slot.taskId === null)
    if (!free) {
      const ids = [...this.#tasks.values()].filter((task) => task.state.phase !== 'finished').map(({ id }) => id)
      throw new AppError('slots-busy', `All ${slotCount} slots are busy: ${ids.join(', ')}`)
    }
    this.requests.push(request)
    const id = taskId((this.#lastId++).toString(16))
    this.#tasks.set(
      id,
      newTask(
        {
          id,
          description: request.description,
          repo: request.repo,
          repoPath: `/repositories/${request.repo}`,
          owner: request.owner ?? null,
          createdAt: at(),
        },
        '/home',
      ),
    )
    this.#apply(id, { type: 'slot-leased', at: at(), slot: free.slot })
    this.#apply(id, { type: 'cloned', at: at(), startCommit: '1'.repeat(40), branch: 'main' })
    this.#apply(id, { type: 'agent-started', at: at() })
    return id
  }

  imageProgress(): string | null {
    return null
  }

  async beginProgress(): Promise<string | null> {
    return null
  }

  /** Ends the task; resolves when its end is in the log. */
  async end(id: TaskId, ending: Ending = {}): Promise<void> {
    this.finish(id, ending)
    await this.announce(id)
  }

  /** The task is over, but its end is not in the log yet. */
  finish(id: TaskId, { summary = 'Done.', filesChanged = ['hello.txt'], error, merge }: Ending): void {
    const result: TaskResult = {
      success: error === undefined,
      summary,
      filesChanged,
      error: error ?? null,
      usage: null,
    }
    this.#apply(id, { type: 'machine-exited', at: at(), exit: { kind: 'powered-off' } })
    this.#apply(id, { type: 'result-read', at: at(), result })
    if (error !== undefined) {
      this.#apply(id, {
        type: 'finished',
        at: at(),
        outcome: { kind: 'failed', failure: { code: 'agent-failed', message: error } },
      })
      return
    }
    const tried = merge ?? merged
    this.#apply(id, { type: 'merge-tried', at: at(), merge: tried })
    this.#apply(id, {
      type: 'finished',
      at: at(),
      outcome:
        tried.kind === 'merged'
          ? { kind: 'merged', merge: tried }
          : tried.kind === 'unmerged'
            ? { kind: 'unmerged', merge: tried }
            : { kind: 'unchanged' },
    })
  }

  async announce(id: TaskId): Promise<void> {
    const task = await this.get(id)
    const view = taskView(task)
    const { seq } = await this.events.append({
      type: view.status === 'failed' ? 'failed' : 'completed',
      taskId: id,
      repo: task.repo,
      owner: task.owner,
      result: view.result,
      mergeResult: view.merge_result,
      error: view.error,
    })
    this.#apply(id, { type: 'announced', at: at(), seq })
  }

  get(id: TaskId): Promise<Task> {
    const task = this.#tasks.get(id)
    if (task) return Promise.resolve(task)
    return Promise.reject(new AppError('task-unknown', `There is no task '${id}'`, { hint: 'See list_tasks' }))
  }

  /** One task after the other, as if none waited. */
  async runPlan(requests: readonly PlannedRequest[]): Promise<AcceptedPlan> {
    const tasks = new Map<string, TaskId>()
    for (const { name, after: _, ...request } of inOrder(requests.map((one) => ({ ...one, after: one.after ?? [] })))) {
      tasks.set(name, await this.run({ ...request, plan: { id: 'abababab', name } }))
    }
    return { id: 'abababab', tasks }
  }

  async cancelPlan(): Promise<readonly TaskId[]> {
    return []
  }

  async runAttempts({ count, ...request }: AttemptsRequest): Promise<readonly TaskId[]> {
    const ids: TaskId[] = []
    while (ids.length < count) ids.push(await this.run(request))
    return ids
  }

  async attempts(): Promise<readonly Task[]> {
    return []
  }

  choose(id: TaskId, by: 'client' | 'person'): Promise<MergeOutcome> {
    return this.merge(id, by)
  }

  overlaps(): readonly Overlap[] {
    return []
  }

  landing(): null {
    return null
  }

  landingIds(): readonly TaskId[] {
    return []
  }

  readiness(): Readiness | null {
    return null
  }

  queuePosition(): number | null {
    return null
  }

  list(): Promise<readonly TaskBrief[]> {
    return Promise.resolve([...this.#tasks.values()])
  }

  async find(wanted: WantedTasks): Promise<readonly TaskBrief[]> {
    return wantedAmong(await this.list(), wanted)
  }

  async newest(wish: NewestTasks): ReturnType<Tasks['newest']> {
    const all = matchingNewest(await this.list(), wish)
    const omitted = Math.max(0, all.length - wish.limit)
    return { tasks: all.slice(omitted), omitted }
  }

  /** None of them is in an index. */
  async history({ offset }: HistoryWish): Promise<HistoryFound> {
    const facts = { outcomes: {}, repositories: [], places: [] }
    return { ...{ tasks: [], start: offset, total: 0, tokens: 0, ends: [], facts }, held: await this.list() }
  }

  async totals(): ReturnType<Tasks['totals']> {
    return totalsOf(await this.list())
  }

  async consolePath(id: TaskId): Promise<string> {
    return filesOf(await this.get(id)).console
  }

  async cancel(id: TaskId): Promise<void> {
    if (isCancelled(await this.get(id))) return
    this.#apply(id, { type: 'stop-requested', at: at(), reason: { code: 'cancelled', message: 'Cancelled' } })
    this.#apply(id, { type: 'machine-exited', at: at(), exit: { kind: 'stopped' } })
    this.#apply(id, { type: 'finished', at: at(), outcome: { kind: 'cancelled' } })
    await this.announce(id)
  }

  /** For whom it was asked to merge, clean up or prune, in this order. */
  readonly askedBy: By[] = []

  async merge(id: TaskId, by: By): Promise<MergeOutcome> {
    this.askedBy.push(by)
    const task = await this.get(id)
    if (task.state.phase !== 'finished') throw new AppError('task-busy', `Task ${id} has not ended yet`)
    this.#apply(id, { type: 'merge-tried', at: at(), merge: merged })
    return merged
  }

  async resolve(id: TaskId, request: Pick<RunRequest, 'owner' | 'queue'> = {}): Promise<TaskId> {
    const { repo } = await this.get(id)
    return await this.run({ description: `Resolve ${id}`, repo, ...request })
  }

  async continue(id: TaskId, request: ContinueRequest): Promise<void> {
    const { state, announcedSeq } = await this.get(id)
    if (state.phase !== 'finished' || announcedSeq === null) {
      throw new AppError('task-busy', `Task ${id} has not ended yet`, { hint: 'Wait for its end, or cancel it' })
    }
    const { caps: _caps, ...rest } = request
    this.continued.push({ id, ...request })
    this.#apply(id, { type: 'continued', at: at(), ...rest })
  }

  async fork(id: TaskId, { text, count, ...rest }: ForkRequest): Promise<readonly TaskId[]> {
    const { state, repo } = await this.get(id)
    if (state.phase !== 'finished') throw new AppError('task-busy', `Task ${id} has not ended yet`)
    this.forked.push({ id, text, count, ...rest })
    return await Promise.all(Array.from({ length: count }, () => this.run({ description: text, repo, ...rest })))
  }

  async tell(id: TaskId, text: string, when: MessageTime): Promise<string> {
    validateDescription(text)
    return await this.#send(id, { id: randomUUID(), kind: 'text', text, when })
  }

  async interrupt(id: TaskId): Promise<void> {
    await this.#send(id, { id: randomUUID(), kind: 'interrupt' })
  }

  async letFinish(id: TaskId): Promise<void> {
    await this.#send(id, { id: randomUUID(), kind: 'finish' })
  }

  /** Its agent has nothing to do, which is in the log when this resolves. */
  async wait(id: TaskId, said: string | null): Promise<void> {
    const until = new Date(Date.now() + 60_000).toISOString()
    this.#apply(id, { type: 'agent-waits', at: at(), until, said })
    const { state, repo, owner } = await this.get(id)
    if (state.phase !== 'waiting') throw new Error(`Task ${id} does not wait`)
    await this.events.append({ type: 'idle', taskId: id, repo, owner, since: state.since, until, said })
  }

  async #send(id: TaskId, message: NewMessage): Promise<string> {
    if (!isReachable(await this.get(id))) throw new AppError('task-ended', `Task ${id} has ended`)
    this.#apply(id, { type: 'message-sent', at: at(), message })
    return message.id
  }

  async cleanup(id: TaskId, { deleteRef, by }: CleanUp): Promise<void> {
    this.askedBy.push(by)
    const task = await this.get(id)
    if (task.state.phase !== 'finished') {
      throw new AppError('task-busy', `Task ${id} is still running`, { hint: 'Clean up when it has ended' })
    }
    this.#tasks.delete(id)
    for (const listener of this.#listeners) listener(id, null)
    this.cleaned.push({ id, deleteRef })
  }

  readonly continued: (ContinueRequest & { readonly id: TaskId })[] = []

  readonly forked: (ForkRequest & { readonly id: TaskId })[] = []
  readonly cleaned: { readonly id: TaskId; readonly deleteRef: boolean }[] = []

  async warnings(): Promise<readonly string[]> {
    return []
  }

  async usage(): Promise<DiskUsage> {
    return { total_bytes: 0, slots: [], tasks: [], images: [], tools: [], environments_bytes: 0, left: [] }
  }

  async prune({ dryRun, by }: PruneRequest): Promise<PruneReport> {
    this.askedBy.push(by)
    return { dry_run: dryRun, freed_bytes: 0, tasks: [], images: [], left: [] }
  }

  hostSleeps(): Promise<void> {
    return Promise.resolve()
  }

  hostWakes(): Promise<void> {
    return Promise.resolve()
  }

  slots(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[] {
    const busy = new Map<SlotId, TaskId>()
    for (const { id, state } of this.#tasks.values()) {
      const slot = state.phase === 'finished' ? null : slotOf(state)
      if (slot !== null) busy.set(slot, id)
    }
    return allSlots.map((slot) => ({ slot, taskId: busy.get(slot) ?? null }))
  }

  repositories(): Promise<readonly RegisteredRepository[]> {
    return Promise.resolve(
      ['project', 'other'].map((alias) => ({
        alias,
        path: `/repositories/${alias}`,
        added: '2026-01-02T03:04:05.000Z',
        egress: alias === 'other' ? { kind: 'hosts', hosts: ['github.com'] } : null,
      })),
    )
  }

  readonly #listeners = new Set<TaskListener>()

  async quiet(): Promise<void> {
    // It never answers a call for long.
  }

  watch(listener: TaskListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async places(): Promise<[]> {
    return []
  }

  placeStanding(): undefined {
    return undefined
  }

  async placeProblems(): Promise<[]> {
    return []
  }

  machinesAhead(): [] {
    return []
  }

  warmSlot(): SlotId | null {
    return 1 as SlotId
  }

  #apply(id: TaskId, event: TaskEvent): void {
    const task = this.#tasks.get(id)
    if (!task) throw new Error(`There is no task ${id}`)
    const next = transition(task, event)
    this.#tasks.set(id, next)
    for (const listener of this.#listeners) listener(id, next)
  }
}
