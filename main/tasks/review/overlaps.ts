import { isDeepStrictEqual } from 'node:util'
import { pathList } from '../../core/bounded-list.ts'
import {
  type ComparedTask,
  changedSpans,
  type Overlap,
  type Span,
  sharedFiles,
  spansCollide,
} from '../../core/merge/overlap.ts'
import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { byCreation, waitsForUser } from '../../core/task/wanted-tasks.ts'
import type { Log } from '../../lib/log.ts'
import type { Changes } from '../contract.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'

export interface OverlapsOptions {
  readonly catalog: Pick<TaskCatalog, 'find' | 'get'>
  readonly changes: Pick<Changes, 'look' | 'diff'>
  /** Called when `of` the task has another answer. */
  readonly onChange: (id: TaskId) => void
  readonly log: Log
}

/** Reading a clone takes a process and some time of the processor. */
const everyMs = 60_000
const lookMs = 2 * 60_000

/** Compared at most: tasks of a repository, files of a task, files of two tasks by their lines, and what is told of them. */
const most = { tasks: 30, files: 2_000, byLines: 10, told: { count: 20, bytes: 4 * 1024 } } as const

/** Which tasks at work change what others change, too, by what their clones hold: looked at once a minute, where there are several in a repository. */
export class Overlaps implements Disposable {
  readonly #options: OverlapsOptions
  readonly #timer: NodeJS.Timeout
  readonly #over = new AbortController()
  #known: ReadonlyMap<TaskId, readonly Overlap[]> = new Map()
  /** Of works that wait at a ref, by task and commit: those do not change. */
  #atRefs: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map()
  #looking: Promise<void> | undefined

  constructor(options: OverlapsOptions) {
    this.#options = options
    this.#timer = setInterval(() => void this.look(), everyMs).unref()
  }

  /** None where none is known. */
  of(id: TaskId): readonly Overlap[] {
    return this.#known.get(id) ?? []
  }

  /** Looks now; one that looks already does so for both. Never rejects. */
  look(): Promise<void> {
    this.#looking ??= this.#look()
      .catch((error: unknown) => {
        if (!this.#over.signal.aborted)
          this.#options.log.warn('what tasks change could not be compared', { reason: String(error) })
      })
      .finally(() => {
        this.#looking = undefined
      })
    return this.#looking
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#over.abort()
  }

  async #look(): Promise<void> {
    const { catalog, onChange } = this.#options
    const open = await catalog.find({ kind: 'open' })
    const waiting = open.some(isAtWork) ? await catalog.find({ kind: 'waiting' }) : []
    const compared = new Map([...open, ...waiting].filter(isCompared).map((task) => [task.id, task]))
    const groups = Map.groupBy([...compared.values()].toSorted(byCreation), ({ repoPath }) => repoPath)
    const found = new Map<TaskId, Overlap[]>()
    const atRefs = new Map<string, ReadonlyMap<string, string>>()
    for (const group of groups.values()) {
      if (group.length < 2 || !group.some(isAtWork)) continue
      const tasks: ComparedTask[] = []
      // At work first: where there are too many it is these that can still be changed.
      const ordered = [...group.filter(isAtWork), ...group.filter((task) => !isAtWork(task)).toReversed()]
      for (const task of ordered.slice(0, most.tasks)) {
        const compared = await this.#compared(task, atRefs)
        if (compared) tasks.push(compared)
      }
      await this.#compare(tasks, found)
    }
    if (this.#over.signal.aborted) return
    this.#atRefs = atRefs
    const before = this.#known
    this.#known = found
    for (const id of new Set([...before.keys(), ...found.keys()]))
      if (!isDeepStrictEqual(before.get(id), found.get(id))) onChange(id)
  }

  /** Undefined where it cannot be read this time. */
  async #compared(
    brief: TaskBrief,
    atRefs: Map<string, ReadonlyMap<string, string>>,
  ): Promise<ComparedTask | undefined> {
    const { catalog } = this.#options
    const key = `${brief.id} ${brief.work?.commit}`
    const isLive = isAtWork(brief)
    try {
      const task = await catalog.get(brief.id)
      const files = (isLive ? undefined : this.#atRefs.get(key)) ?? (await this.#filesOf(brief.id))
      if (!isLive) atRefs.set(key, files)
      const { id, startCommit, after = [], resolves, retries, fork, attempt } = task
      const kin = new Set([...after, resolves?.task, retries, fork?.task].filter((one) => one !== undefined))
      return { id, isLive, startCommit, files, kin, group: attempt?.group ?? null }
    } catch {
      this.#over.signal.throwIfAborted()
      return undefined // It has ended just now, or its clone was being written: the next look sees.
    }
  }

  async #filesOf(id: TaskId): Promise<ReadonlyMap<string, string>> {
    const { files } = await this.#options.changes.look(id, this.#signal())
    return new Map(files.slice(0, most.files).map(({ path, newBlob }) => [path, `${newBlob.mode} ${newBlob.id}`]))
  }

  async #compare(tasks: readonly ComparedTask[], found: Map<TaskId, Overlap[]>): Promise<void> {
    const spans = new Map<string, Promise<readonly Span[] | null>>()
    for (const [index, one] of tasks.entries()) {
      for (const other of tasks.slice(index + 1)) {
        const shared = sharedFiles(one, other)
        if (shared.length === 0) continue
        const colliding: string[] = []
        const comparable = one.startCommit === other.startCommit ? shared.slice(0, most.byLines) : []
        for (const path of comparable) {
          const [mine, theirs] = await Promise.all([one, other].map(({ id }) => this.#spans(id, path, spans)))
          if (spansCollide(mine ?? null, theirs ?? null)) colliding.push(path)
        }
        const lists = { files: pathList(shared, most.told), collides: pathList(colliding, most.told) }
        for (const [id, task] of [
          [one.id, other.id],
          [other.id, one.id],
        ] as const)
          found.set(id, [...(found.get(id) ?? []), { task, ...lists }])
      }
    }
  }

  #spans(
    id: TaskId,
    path: string,
    known: Map<string, Promise<readonly Span[] | null>>,
  ): Promise<readonly Span[] | null> {
    const key = `${id} ${path}`
    const asked =
      known.get(key) ?? this.#options.changes.diff(id, path, {}, this.#signal()).then(changedSpans, () => [])
    known.set(key, asked)
    return asked
  }

  #signal(): AbortSignal {
    return AbortSignal.any([this.#over.signal, AbortSignal.timeout(lookMs)])
  }
}

const isAtWork = ({ state }: TaskBrief): boolean => state.phase === 'working' || state.phase === 'waiting'

/** What a judge leaves is no work. */
const isCompared = (task: TaskBrief): boolean => {
  const { state, judges } = task
  if (judges !== undefined) return false
  // Its place would have to send what its clone holds each time.
  if (state.phase !== 'finished') return isAtWork(task) && task.place === undefined
  return waitsForUser(task)
}
