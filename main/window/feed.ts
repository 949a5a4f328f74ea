import { stat } from 'node:fs/promises'
import { isDeepStrictEqual } from 'node:util'
import type { Change, ClientRow, Delta, Snapshot, TaskRow } from '../../preload/live-state.ts'
import type { ShownSettings } from '../../preload/settings.ts'
import type { Forge } from '../core/pull-request.ts'
import type { TaskId } from '../core/task/task.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import type { Log } from '../lib/log.ts'
import type { Watchable } from '../lib/watchable.ts'
import type { RegisteredRepository, Tasks } from '../tasks/contract.ts'
import type { ActivityReader } from './activity-reader.ts'
import { type Place, placeOf } from './queue-place.ts'
import { RepositoryRows } from './repositories/repository-rows.ts'
import type { RequestBook } from './review/request-book.ts'
import { slotRows, taskRow } from './rows.ts'

/** Changes are sent together, at most so often. */
const batchMs = 100
/** While a window listens: consoles and streams are looked at so often, the rest every so many looks. */
const lookMs = 500
const looksPerFileCheck = 2
const looksPerWarningCheck = 20
const looksPerRepositoryCheck = 20
/** So many of the newest ends are in every snapshot, and all of the last day. */
const recentEnds = 500
const dayMs = 24 * 60 * 60_000

export interface FeedOptions {
  readonly tasks: Tasks
  readonly live: ActivityReader
  readonly requests: RequestBook
  readonly clients: Watchable<readonly ClientRow[]>
  /** Of the MCP endpoint; asked once it listens. */
  readonly mcpUrl: () => string
  /** What is in force now. */
  readonly settings: () => ShownSettings
  /** Why `settings.json` cannot be understood; null while it can. */
  readonly settingsFault: () => string | null
  /** Where the work of repositories waits in pull requests. */
  readonly forges: () => Promise<readonly Pick<Forge, 'repoPath' | 'project'>[]>
  /** Files of the home that other processes change, the settings apart. */
  readonly files: readonly string[]
  readonly log: Log
}

/** `full`: a window that someone sees; `changes`: someone who can wait for what only shows when one looks. */
export type Attention = 'full' | 'changes'

/** A part of the snapshot that is sent as a whole when it differs. */
type Section = Exclude<Change, { kind: 'task' | 'task-gone' }>

/**
 * What every window sees: a snapshot, and numbered deltas after it. Looks at nothing while no one listens; what changes meanwhile
 * only counts the number on, so that a window which missed something sees a gap.
 */
export class WindowFeed implements Disposable {
  readonly #options: FeedOptions
  readonly #listeners = new Set<{ readonly tell: (delta: Delta) => void; readonly attention: Attention }>()
  readonly #repositories = new RepositoryRows()
  readonly #unfinished = new Map<TaskId, TaskBrief>()
  readonly #places = new Map<TaskId, Place>()
  readonly #changed = new Map<TaskId, TaskBrief | null>()
  readonly #sections = new Map<Section['kind'], Section>()
  readonly #told = new Map<Section['kind'], string>()
  readonly #ends: readonly (() => void)[]
  #registered: readonly RegisteredRepository[] = []
  #seq = 0
  #batch: NodeJS.Timeout | undefined
  #looking: NodeJS.Timeout | undefined
  #looks = 0
  #filesSeen = ''

  constructor(options: FeedOptions) {
    this.#options = options
    this.#ends = [
      options.tasks.watch((id, task) => this.#note(id, task)),
      options.tasks.events.watch(() => this.#hearOfRequests()),
      options.clients.watch((clients) => this.#offer({ kind: 'clients', clients })),
    ]
  }

  /** @returns the end of it. The listener must not throw. */
  listen(listener: (delta: Delta) => void, attention: Attention = 'full'): () => void {
    const mine = { tell: listener, attention } // The same function may listen twice.
    this.#listeners.add(mine)
    if (attention === 'full' && this.#looking === undefined) this.#lookAgain()
    return () => {
      this.#listeners.delete(mine)
      if (this.#isWatched) return
      clearTimeout(this.#looking)
      this.#looking = undefined
    }
  }

  /** Everything as it is now, but for older tasks. */
  async snapshot(): Promise<Snapshot> {
    const { tasks, clients, mcpUrl, settings } = this.#options
    const [repositories, warnings] = await Promise.all([this.#readRepositories(), this.#warnings()])
    this.#options.requests.readNew()
    // Last of all that takes time: from here to the end nothing can come between the rows and the number.
    const totals = await tasks.totals()
    const since = new Date(Date.now() - dayMs).toISOString()
    const recent = await tasks.find({ kind: 'recent', since, ends: recentEnds })
    const count = [...totals.values()].reduce((sum, each) => sum + each.tasks, 0)
    const rows = recent.map((task) => {
      this.#remember(task)
      return this.row(task)
    })
    const shown = {
      tasks: rows,
      olderTasks: Math.max(0, count - recent.length),
      slots: slotRows(tasks, this.#registered),
      repositories,
      clients: clients.value,
      address: new URL(mcpUrl()).host,
      warnings,
      settings: settings(),
    }
    this.#offer({ kind: 'slots', slots: shown.slots })
    this.#offer({ kind: 'warnings', warnings })
    this.#offer({ kind: 'settings', settings: shown.settings })
    return { seq: this.#seq, ...shown }
  }

  /** Has every window that missed something see it: the number goes on by one. */
  skip(): void {
    this.#tell([])
  }

  /** Something of ours changed the files of the home. */
  async refresh(): Promise<void> {
    this.#offer({ kind: 'settings', settings: this.#options.settings() })
    await this.#readRepositories()
  }

  settingsChanged(): void {
    this.#offer({ kind: 'settings', settings: this.#options.settings() })
    this.#inBackground(this.#warnings().then((warnings) => this.#offer({ kind: 'warnings', warnings })))
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) end()
    clearTimeout(this.#looking)
    clearTimeout(this.#batch)
    this.#listeners.clear()
  }

  #note(id: TaskId, task: TaskBrief | null): void {
    if (task) this.#remember(task)
    else this.#unfinished.delete(id)
    this.#changed.set(id, task)
    this.#schedule()
  }

  /** What becomes of a request at a forge is no change of its task. */
  #hearOfRequests(): void {
    const { requests, tasks } = this.#options
    const told = new Set(requests.readNew())
    if (told.size === 0) return
    this.#inBackground(
      tasks.find({ kind: 'ids', ids: [...told] }).then((found) => {
        for (const task of found) this.#note(task.id, task)
      }),
    )
  }

  #remember(task: TaskBrief): void {
    if (task.state.phase === 'finished') this.#unfinished.delete(task.id)
    else this.#unfinished.set(task.id, task)
  }

  #placeOf(task: TaskBrief): Place {
    return placeOf(task, this.#options.tasks)
  }

  #offer(section: Section): void {
    this.#sections.set(section.kind, section)
    this.#schedule()
  }

  #schedule(): void {
    this.#batch ??= setTimeout(() => {
      this.#batch = undefined
      this.#flush()
    }, batchMs).unref()
  }

  #flush(): void {
    const { tasks } = this.#options
    const ended = [...this.#changed.values()].some((task) => task === null || task.state.phase === 'finished')
    for (const task of this.#unfinished.values()) {
      const place = this.#placeOf(task)
      const told = this.#places.get(task.id)
      if (isDeepStrictEqual(told, place)) continue
      this.#places.set(task.id, place)
      if (!this.#changed.has(task.id)) this.#changed.set(task.id, task)
    }
    for (const id of this.#places.keys()) if (!this.#unfinished.has(id)) this.#places.delete(id)
    this.#sections.set('slots', { kind: 'slots', slots: slotRows(tasks, this.#registered) })
    const changes: Change[] = [...this.#changed].map(([id, task]) =>
      task ? { kind: 'task', task: this.row(task) } : { kind: 'task-gone', id },
    )
    this.#changed.clear()
    for (const [kind, section] of this.#sections) {
      const text = JSON.stringify(section)
      if (this.#told.get(kind) === text) continue
      this.#told.set(kind, text)
      changes.push(section)
    }
    this.#sections.clear()
    if (changes.length > 0) this.#tell(changes)
    if (ended && this.#listeners.size > 0) this.#inBackground(this.#readRepositories())
  }

  /** What lists show of a task now. */
  row(task: TaskBrief): TaskRow {
    return taskRow(task, this.#placeOf(task), this.#options.live.of(task.id), this.#options.requests.rowOf(task.id))
  }

  #tell(changes: readonly Change[]): void {
    const delta = { seq: ++this.#seq, changes }
    for (const { tell } of this.#listeners) tell(delta)
  }

  async #warnings(): Promise<readonly string[]> {
    const fault = this.#options.settingsFault()
    return [
      ...(fault === null ? [] : [`${fault}. No task begins until that is corrected.`]),
      ...(await this.#options.tasks.warnings()),
    ]
  }

  async #readRepositories(): Promise<Snapshot['repositories']> {
    this.#registered = await this.#options.tasks.repositories()
    const repositories = await this.#repositories.read(this.#options.tasks, await this.#options.forges())
    this.#offer({ kind: 'repositories', repositories })
    return repositories
  }

  get #isWatched(): boolean {
    return [...this.#listeners].some(({ attention }) => attention === 'full')
  }

  #lookAgain(): void {
    this.#looking = setTimeout(() => {
      this.#inBackground(
        this.#look().finally(() => {
          if (this.#isWatched) this.#lookAgain()
          else this.#looking = undefined
        }),
      )
    }, lookMs).unref()
  }

  async #look(): Promise<void> {
    const { live } = this.#options
    const running = [...this.#unfinished.values()].filter(
      ({ machineStartedAt, state }) => machineStartedAt !== null && 'slot' in state,
    )
    for (const id of await live.look(running)) {
      const task = this.#unfinished.get(id)
      if (task) this.#note(id, task)
    }
    this.#looks++
    if (this.#looks % looksPerFileCheck === 0) await this.#lookAtFiles()
    if (this.#looks % looksPerWarningCheck === 0) this.#offer({ kind: 'warnings', warnings: await this.#warnings() })
    if (this.#looks % looksPerRepositoryCheck === 0) await this.#readRepositories()
    this.#schedule() // A slot can come free with no event of a task.
  }

  async #lookAtFiles(): Promise<void> {
    const stats = await Promise.all(this.#options.files.map((path) => stat(path).catch(() => null)))
    const seen = stats.map((found) => `${found?.mtimeMs} ${found?.ino} ${found?.size}`).join()
    if (seen === this.#filesSeen) return
    this.#filesSeen = seen
    await this.refresh()
  }

  #inBackground(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#options.log.warn('the window could not be brought up to date', { reason: String(error) })
    })
  }
}
