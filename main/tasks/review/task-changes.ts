import { join } from 'node:path'
import { noPaths } from '../../core/bounded-list.ts'
import { AppError } from '../../core/failure.ts'
import type { DiffOptions, FileDiff } from '../../core/merge/file-diff.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Range } from '../../git/changes/list-changes.ts'
import { livingObjects, readingToo } from '../../git/repository/object-folder.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { inTurn } from '../../lib/in-turn.ts'
import type { Log } from '../../lib/log.ts'
import type { Changes, ChangesSeen, Patched } from '../contract.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { filesOf } from '../record/task-files.ts'
import type { Places } from '../run/task-run.ts'
import { changesInRange, diffInRange, readLivingClone, readPatch, readToldClone } from './look-with-worker.ts'
import { rangeOf } from './task-range.ts'

/** A clone is not read more often than this. */
const restMs = 10_000
const readingMs = 100_000
const shownCommits = 200

export interface TaskChangesOptions {
  readonly catalog: Pick<TaskCatalog, 'get' | 'watch'>
  readonly log: Log
  /** Where tasks run that have no clone on this host. */
  readonly places?: Pick<Places, 'look'> | undefined
  /** Of a clock that no one sets, in milliseconds. */
  readonly now?: () => number
}

/** What was found the last time that a living clone was read. */
interface Reading {
  readonly range: Range
  readonly readAt: string
  readonly notes: readonly string[]
  readonly at: number
}

/** The range that a question is answered from. */
type Seen = Omit<ChangesSeen, 'commits' | 'files'> & { readonly range: Range | null }

/**
 * What tasks change: of one that works out of its clone, each time as a still in a quarantine of its own; of one that has ended out of the
 * user's repository. One question of a task is answered at a time.
 */
export class TaskChanges implements Changes {
  readonly #options: TaskChangesOptions
  readonly #readings = new Map<TaskId, Reading>()
  readonly #over = new Map<TaskId, AbortController>()

  constructor(options: TaskChangesOptions) {
    this.#options = options
    options.catalog.watch((id, task) => {
      if (task === null) this.#readings.delete(id)
      else if (task.state.phase === 'finished') this.#forget(task)
    })
  }

  look(id: TaskId, signal: AbortSignal): Promise<ChangesSeen> {
    return this.#answer(id, 'look', async (task, { range, ...seen }) => {
      if (range === null) return { ...seen, commits: [], files: [] }
      return { ...seen, ...(await changesInRange({ range, commits: shownCommits }, task.id, signal)) }
    })
  }

  diff(id: TaskId, path: string, wish: DiffOptions, signal: AbortSignal): Promise<FileDiff> {
    return this.#answer(id, 'held', async (task, { range }) => {
      const diff = range && (await diffInRange({ range, path, wish }, task.id, signal))
      if (!diff) throw didNotChange(id, path)
      return diff
    })
  }

  patch(
    id: TaskId,
    { path, characters }: { readonly path?: string | undefined; readonly characters: number },
    signal: AbortSignal,
  ): Promise<Patched> {
    return this.#answer(id, 'look', async (task, { range, ...seen }) => {
      const found = range && (await readPatch({ range, commits: shownCommits, path, characters }, task.id, signal))
      if (path !== undefined && !found?.files.length) throw didNotChange(id, path)
      return { ...seen, ...(found ?? { commits: [], files: [], patch: '', without: 0, unusual: noPaths }) }
    })
  }

  /** @param what a `look` reads the clone when the last reading is old enough; `held` is about what was seen last. */
  #answer<Answer>(
    id: TaskId,
    what: 'look' | 'held',
    answer: (task: Task, seen: Seen) => Promise<Answer>,
  ): Promise<Answer> {
    return inTurn(`changes of ${id}`, async () => {
      const task = await this.#options.catalog.get(id)
      return await answer(task, await this.#see(task, what))
    })
  }

  async #see(task: Task, what: 'look' | 'held'): Promise<Seen> {
    const held = this.#readings.get(task.id)
    const { phase } = task.state
    const hasAgent = phase === 'working' || phase === 'waiting'
    const isAlive = hasAgent || phase === 'stopping' || (phase === 'merging' && task.work === null)
    if (!isAlive) return { live: false, readAt: null, notes: [], range: rangeOf(task) }
    const isFresh = held !== undefined && (what === 'held' || this.#now() - held.at < restMs)
    const reading = !hasAgent || isFresh ? held : await this.#read(task)
    return { live: true, readAt: reading?.readAt ?? null, notes: reading?.notes ?? [], range: reading?.range ?? null }
  }

  async #read(task: Task): Promise<Reading | undefined> {
    const { id, repoPath, repository, startCommit } = task
    if (startCommit === null) return undefined
    const files = filesOf(task)
    const folder = livingFolder(files.workFolder)
    const over = new AbortController()
    this.#over.set(id, over)
    try {
      const place = { repoPath, commonDirectory: repository?.commonDirectory, workspace: files.repo, folder }
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(readingMs)])
      const seen = task.place
        ? await this.#readAtPlace(task, { ...place, taskId: id, startCommit }, signal)
        : { at: new Date().toISOString(), ...(await readLivingClone({ ...place, taskId: id, startCommit }, signal)) }
      if (!seen) return undefined
      const { commit, notes, at: readAt } = seen
      const objects = readingToo(livingObjects(folder))
      const reading = { range: { repoPath, from: startCommit, to: commit, objects }, readAt, notes, at: this.#now() }
      this.#readings.set(id, reading)
      return reading
    } catch (error) {
      if (over.signal.aborted) throw over.signal.reason
      throw error
    } finally {
      this.#over.delete(id)
    }
  }

  /** As the place tells it; undefined while nothing has come from there. */
  async #readAtPlace(
    task: Task,
    request: Omit<Parameters<typeof readToldClone>[0], 'pack' | 'told'>,
    signal: AbortSignal,
  ): Promise<{ readonly commit: string; readonly notes: readonly string[]; readonly at: string } | undefined> {
    const told = await this.#options.places?.look(task, signal)
    if (!told) return undefined
    const { pack, at, ...clone } = told
    return { at, ...(await readToldClone({ ...request, pack, told: clone }, signal)) }
  }

  /** What was read of a task that has ended is worth nothing more: its work is in the user's repository. */
  #forget({ id, ...task }: TaskBrief): void {
    this.#readings.delete(id)
    this.#over.get(id)?.abort(new AppError('task-ended', `Task ${id} has just ended`, { hint: 'Ask again' }))
    void inTurn(`changes of ${id}`, async () => {
      try {
        await removeTree(livingFolder(filesOf({ id, ...task }).workFolder))
      } catch (error) {
        // What is left goes with the task's folder.
        this.#options.log.debug('what was read of a living clone stays', { taskId: id, reason: String(error) })
      }
    })
  }

  #now(): number {
    return (this.#options.now ?? performance.now.bind(performance))()
  }
}

/** Host-only, on the clone's disk. */
const livingFolder = (workFolder: string): string => join(workFolder, 'live')

const didNotChange = (id: TaskId, path: string): AppError =>
  new AppError('argument-invalid', `Task ${id} did not change ${JSON.stringify(path)}`)
