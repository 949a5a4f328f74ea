import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import pMap from 'p-map'
import { AppError } from '../../core/failure.ts'
import type { HistoryFacts, HistoryFound, HistoryWish } from '../../core/task/history-wish.ts'
import { parseTaskId, type Task, type TaskId } from '../../core/task/task.ts'
import { briefOf, isOver, type TaskBrief } from '../../core/task/task-brief.ts'
import {
  byCreation,
  groupsThatWait,
  matchingNewest,
  type NewestTasks,
  type RepositoryTotals,
  totalsOf,
  type WantedTasks,
  wantedAmong,
} from '../../core/task/wanted-tasks.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import type { TaskListener } from '../contract.ts'
import { findHistory, historyFacts } from '../history/find-history.ts'
import { FinishedIndex } from '../history/finished-index.ts'
import { type IndexedTask, idOf, indexedTask, numberOf } from '../history/index-row.ts'
import { sweep } from '../history/sweep.ts'
import { isAsNamed, loadStamped, loadTask, stampOf, taskIdsIn } from './load-tasks.ts'
import { eventsPath } from './task-files.ts'
import { atItsRepository } from './whose-repository.ts'

export interface CatalogOptions {
  readonly home: string
  /** Where a repository that was moved may be found again. */
  readonly repositories: () => Promise<readonly { readonly path: string }[]>
  readonly log: Log
}

/** More records than these that the index does not name are read while the server is at work already. */
const readBeforeStart = 1_000
const filesAtOnce = 32
/** What an earlier version kept in place of the index. */
const formerIndex = 'finished.jsonl'
/** Between two pieces of what is read while the server is at work. */
const pauseMs = 5

/**
 * Every task of the home: those of this run, and what its folders held at the start. Of a task that is over only an entry of the index is kept;
 * the whole is read again when someone asks for it. What is held here counts over the index, and what a record says over both.
 */
export class TaskCatalog implements AsyncDisposable {
  readonly #options: CatalogOptions
  readonly #index: FinishedIndex
  readonly #open = new Map<TaskId, Task>()
  /** Tasks that are over and that the index could not take. */
  readonly #unwritten = new Map<TaskId, TaskBrief>()
  readonly #damaged = new Set<string>()
  readonly #listeners = new Set<TaskListener>()
  readonly #end = new AbortController()
  /** Until one of the tasks changes that the index holds. */
  #facts: { readonly key: string; readonly facts: HistoryFacts } | undefined
  /** Whether the index is known to say what the records say. */
  #isSettled = false
  #settled: Promise<void> = Promise.resolve()
  #sweeping: Promise<void> | undefined
  /** Whether the index was emptied since the last sweep began. */
  #isLost = false
  /** Tasks that the index does not name, and that are still to be read. */
  readonly #unread = new Set<TaskId>()
  #onFound: (task: Task) => void = () => undefined

  constructor(options: CatalogOptions) {
    this.#options = options
    this.#index = FinishedIndex.open(options.home, options.log, () => this.#lookAgain())
  }

  /** What could not be read, one sentence each. */
  get damaged(): readonly string[] {
    return [...this.#damaged]
  }

  /** What is not known yet, one sentence; null when all is. */
  get progress(): string | null {
    const rest = this.#unread.size
    if (rest === 0) return null
    return `The list of finished tasks is being made again: ${rest} are still to be read, and lists and search lack those`
  }

  isOver(id: TaskId): boolean {
    return this.#unwritten.has(id) || (!this.#open.has(id) && this.#index.has(id))
  }

  /** The tasks that have not ended, or whose end was not announced yet. */
  get open(): ReadonlyMap<TaskId, Task> {
    return this.#open
  }

  readonly put = (task: Task): void => {
    if (isOver(task)) {
      this.#open.delete(task.id)
      // Nothing was written since: the next event comes when this one was told.
      this.#write([indexedTask(task, stampOf(task.home, task.id))])
    } else {
      if (!this.#open.has(task.id)) this.#leaveIndex(task.id) // It was continued, or is new.
      this.#open.set(task.id, task)
    }
    this.#tell(task.id, task)
  }

  /** Has listeners look again at a task whose record did not change; at none that is not known. */
  readonly tellAgain = (id: TaskId): void => {
    const task = this.#open.get(id) ?? this.#overBrief(id)
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
    this.#open.delete(id)
    this.#unwritten.delete(id)
    this.#forget([id])
    this.#tell(id, null)
  }

  /** @throws AppError('task-unknown') */
  async get(id: TaskId): Promise<Task> {
    const open = this.#open.get(id)
    if (open) return open
    if (!this.isOver(id) && !this.#isSettled) await this.#settle([id])
    const found = this.#open.get(id)
    if (found) return found
    if (!this.isOver(id)) throw unknownTask(id)
    return await this.#readAgain(id)
  }

  /** Those that are wanted, oldest first. */
  async find(wanted: WantedTasks): Promise<readonly TaskBrief[]> {
    if (wanted.kind === 'open') return wantedAmong(this.#held(), wanted).toSorted(byCreation)
    if (!this.#isSettled) await this.#settleFor(wanted)
    const held = this.#held()
    const groups = new Set([...this.#index.groupsThatWait(), ...groupsThatWait(held)])
    const own = wantedAmong(held, wanted, groups)
    const found = this.#index.find(wanted, this.#heldIds(), groups)
    return [...own, ...found.map(({ brief }) => brief)].toSorted(byCreation)
  }

  /** The newest of those that are as it says, oldest first, and how many older ones there are. */
  async newest(wish: NewestTasks): Promise<{ readonly tasks: readonly TaskBrief[]; readonly omitted: number }> {
    const own = matchingNewest(this.#held(), wish)
    const found = this.#index.newest(wish, this.#heldIds())
    const tasks = [...own, ...found.tasks].toSorted(byCreation)
    const shown = tasks.slice(Math.max(0, tasks.length - wish.limit))
    return { tasks: shown, omitted: own.length + found.total - shown.length }
  }

  /** What there is to a wish about the tasks of all time. */
  async history(wish: HistoryWish): Promise<HistoryFound> {
    const ids = this.#heldIds()
    const key = `${this.#index.changes} ${ids.join()}`
    if (this.#facts?.key !== key) this.#facts = { key, facts: historyFacts(this.#index, ids) }
    return { ...findHistory(wish, this.#index, ids), facts: this.#facts.facts, held: this.#held() }
  }

  /** Every task, oldest first, once all are known. Reads all of the index: for what is done to each of them. */
  async list(): Promise<readonly TaskBrief[]> {
    await this.#settled
    const found = this.#index.all(this.#heldIds())
    return [...this.#held(), ...found.map(({ brief }) => brief)].toSorted(byCreation)
  }

  /** What the tasks of each repository come to, by its path. */
  async totals(): Promise<ReadonlyMap<string, RepositoryTotals>> {
    return totalsOf(this.#held().toSorted(byCreation), this.#index.totals())
  }

  /**
   * Reads what the home's folders hold; once, before anything else. Where it is known which tasks are unfinished, not all of the others are read when
   * this has resolved: see `readRest`.
   */
  async load(unfinished: { readonly ids: readonly TaskId[]; readonly isWhole: boolean }): Promise<void> {
    const there = Uint32Array.from(await taskIdsIn(this.#options.home), numberOf).sort()
    const indexed = this.#index.numbers()
    this.#forget(differenceOf(indexed, there))
    await this.#settle(unfinished.ids)
    const unknown = differenceOf(there, indexed).filter((id) => !this.#open.has(id) && !this.#index.has(id))
    if (unknown.length <= readBeforeStart) await this.#settle(unknown)
    else for (const id of unknown) this.#unread.add(id)
    if (!unfinished.isWhole) await this.#sweep(0)
    await rm(join(this.#options.home, formerIndex), { force: true })
  }

  /**
   * Reads by and by what `load` left, and compares the index with the records. Resolves when both is done, and when the catalog is disposed; never rejects.
   * @param onFound called with an unfinished task that is found meanwhile.
   */
  readRest(onFound: (task: Task) => void): Promise<void> {
    this.#onFound = (task) => {
      onFound(task)
      this.#tell(task.id, task)
    }
    if (!this.#isSettled) this.#settled = this.#sweep(pauseMs)
    return this.#settled
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort(new Error('The server ends'))
    await this.#settled
    this.#index[Symbol.dispose]()
  }

  /** One that no known task has. */
  newId(): TaskId {
    for (;;) {
      const id = parseTaskId(randomBytes(4).toString('hex'))
      if (id && !this.#open.has(id) && !existsSync(dirname(eventsPath(this.#options.home, id)))) return id
    }
  }

  #tell(id: TaskId, task: TaskBrief | null): void {
    for (const listener of this.#listeners) listener(id, task)
  }

  #held(): readonly TaskBrief[] {
    return [...[...this.#open.values()].map(briefOf), ...this.#unwritten.values()]
  }

  #heldIds(): readonly TaskId[] {
    return [...this.#open.keys(), ...this.#unwritten.keys()]
  }

  #overBrief(id: TaskId): TaskBrief | undefined {
    return this.#unwritten.get(id) ?? this.#index.find({ kind: 'ids', ids: [id] })[0]?.brief
  }

  /** What the index cannot take is held here. */
  #write(tasks: readonly IndexedTask[]): void {
    for (const { brief } of tasks) this.#unwritten.delete(brief.id)
    try {
      this.#index.put(tasks)
    } catch (error) {
      for (const { brief } of tasks) this.#unwritten.set(brief.id, brief)
      this.#options.log.warn('the index of finished tasks could not be written', { reason: String(error) })
    }
  }

  #forget(ids: readonly TaskId[]): void {
    try {
      this.#index.remove(ids)
    } catch (error) {
      this.#options.log.warn('the index of finished tasks could not be written', { reason: String(error) })
    }
  }

  /** What has not ended is no part of its sums. */
  #leaveIndex(id: TaskId): void {
    this.#unwritten.delete(id)
    if (this.#index.has(id)) this.#forget([id])
  }

  /** Compares all that the index holds with the records, and reads what it lacks. Never rejects; one at a time. */
  #sweep(pause: number): Promise<void> {
    this.#sweeping ??= this.#sweepNow(pause).finally(() => {
      this.#sweeping = undefined
    })
    return this.#sweeping
  }

  async #sweepNow(pause: number): Promise<void> {
    const { home, log } = this.#options
    const settle = async (ids: readonly TaskId[]): Promise<void> => {
      await this.#settle(ids)
      for (const id of ids) this.#unread.delete(id)
    }
    try {
      do {
        if (this.#isLost) for (const id of await taskIdsIn(home)) if (!this.#open.has(id)) this.#unread.add(id)
        this.#isLost = false
        await sweep({ home, index: this.#index, unknown: [...this.#unread], settle, pauseMs: pause }, this.#end.signal)
      } while (this.#isLost)
      this.#isSettled = true
    } catch (error) {
      if (!this.#end.signal.aborted) log.error('finished tasks could not be looked at', { reason: String(error) })
    }
  }

  /** What the index held was lost while the server runs. */
  #lookAgain(): void {
    this.#isSettled = false
    this.#isLost = true
    this.#settled = this.#sweep(pauseMs)
  }

  /** Has what is wanted be as the records say, while it is not known of all. */
  async #settleFor(wanted: WantedTasks): Promise<void> {
    const asked = wanted.kind === 'ids' ? wanted.ids : wanted.kind === 'runs' ? wanted.of : []
    const found = this.#index.find(wanted, this.#heldIds())
    const known = new Set(found.map(({ id }) => id))
    const changed = found.filter((entry) => !isAsNamed(this.#options.home, entry.id, entry)).map(({ id }) => id)
    await this.#settle([...changed, ...asked.filter((id) => !known.has(id) && !this.#open.has(id))])
  }

  /** Reads the records, and has the index hold what they say. */
  async #settle(ids: readonly TaskId[]): Promise<void> {
    const { home, log, repositories } = this.#options
    const read = await pMap(ids, (id) => loadStamped(home, id, log, this.reportDamage), { concurrency: filesAtOnce })
    const over: IndexedTask[] = []
    const gone: TaskId[] = []
    for (const [at, id] of ids.entries()) {
      const found = read[at]
      if (this.#open.has(id)) continue // It began to go on meanwhile.
      if (found && !isAsNamed(home, id, found.stamp)) await this.#settle([id])
      else if (!found) gone.push(id)
      else if (isOver(found.task)) over.push(indexedTask(found.task, found.stamp))
      else {
        const task = await atItsRepository(found.task, repositories)
        if (this.#open.has(id)) continue
        this.#leaveIndex(id)
        this.#open.set(id, task)
        this.#onFound(task)
      }
    }
    this.#forget(gone)
    // What went on meanwhile, or was written, is known by that already.
    this.#write(over.filter(({ brief, ...stamp }) => !this.#open.has(brief.id) && isAsNamed(home, brief.id, stamp)))
  }

  async #readAgain(id: TaskId): Promise<Task> {
    const { home, log, repositories } = this.#options
    const task = await loadTask(home, id, log, this.reportDamage)
    if (task) return await atItsRepository(task, repositories)
    const events = eventsPath(home, id)
    if (await pathExists(events)) throw new AppError('internal', `The record ${events} cannot be read`)
    this.drop(id) // Its folder was removed by hand.
    throw unknownTask(id)
  }
}

const unknownTask = (id: TaskId): AppError =>
  new AppError('task-unknown', `There is no task '${id}'`, { hint: 'See list_tasks' })

/** The tasks of the first list that the second one lacks; both from the lowest number on. */
function differenceOf(ours: Uint32Array, theirs: Uint32Array): readonly TaskId[] {
  const found: TaskId[] = []
  let at = 0
  for (const number of ours) {
    while (at < theirs.length && (theirs[at] ?? 0) < number) at += 1
    if (theirs[at] !== number) found.push(idOf(number))
  }
  return found
}
