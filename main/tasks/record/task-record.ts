import { mkdir, rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { AppError, type Failure } from '../../core/failure.ts'
import type { Task, TaskEvent, TaskIdentity } from '../../core/task/task.ts'
import { foldTask, newTask, transition } from '../../core/task/transition.ts'
import { taskView } from '../../core/task/view.ts'
import { writeDerived, writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { JsonLinesFile } from '../../lib/files/json-lines.ts'
import { isShortage, type ShortageRetry } from '../../lib/shortage.ts'
import { taskEventSchema } from './task-event-schema.ts'
import { eventsPath, filesOf, type TaskFiles } from './task-files.ts'

export interface RecordOptions {
  /** Told of every change, once it is on disk. */
  readonly onChange: (task: Task) => void
  /** Waits where the host is short of room; without it an append fails. */
  readonly shortageRetry?: ShortageRetry
}

/** Where a record lies; `repoPath` where its repository was moved since. */
export type RecordPlace = Pick<Task, 'home' | 'id'> & Partial<Pick<Task, 'repoPath'>>

/** An event without its time: the record stamps it. */
export type NewTaskEvent = TaskEvent extends infer Event ? (Event extends TaskEvent ? Omit<Event, 'at'> : never) : never

/**
 * A task on disk: `events.jsonl` is the truth, `task.json` the fold of it for people and scripts.
 * An event is on disk before `task` shows it. One process holds a record at a time.
 */
export class TaskRecord implements AsyncDisposable {
  readonly files: TaskFiles
  readonly #events: JsonLinesFile
  readonly #options: RecordOptions
  readonly #watchers = new Set<() => void>()
  #task: Task
  #isLost = false
  #last: Promise<unknown> = Promise.resolve()

  private constructor(files: TaskFiles, events: JsonLinesFile, task: Task, options: RecordOptions) {
    this.files = files
    this.#events = events
    this.#task = task
    this.#options = options
  }

  /**
   * Does not wait for room: the caller learns that there is none.
   * @param first what happens to the task at once; it is on disk with its creation or not at all.
   */
  static async create(
    home: string,
    identity: TaskIdentity,
    options: RecordOptions,
    first: readonly NewTaskEvent[] = [],
  ): Promise<TaskRecord> {
    const files = filesOf({ ...identity, home })
    for (const folder of [files.folder, files.workFolder]) await mkdir(folder, { recursive: true, mode: 0o700 })
    const { file } = await JsonLinesFile.open(files.events)
    const created = { type: 'created', at: identity.createdAt, task: identity } satisfies TaskEvent
    const events = first.map(stamped)
    const task = events.reduce(transition, newTask(identity, home))
    const record = new TaskRecord(files, file, task, options)
    await file.append(created, ...events)
    record.#last = record.#tellFirst(events.length > 0).catch(() => undefined) // Its events say the same.
    return record
  }

  /**
   * Opens the record of a task of which the place is known: its home, its id, and where its repository lies now.
   * @throws AppError('internal') when it cannot be understood; the folder is left as it is.
   */
  static async open(place: RecordPlace, options: RecordOptions): Promise<TaskRecord> {
    const { home, id } = place
    const events = eventsPath(home, id)
    const { file, content } = await JsonLinesFile.open(events)
    try {
      if (content.damaged.length > 0) throw new Error(`line ${content.damaged.join(', ')} is damaged`)
      const folded = foldTask(
        content.values.map((value) => taskEventSchema.parse(value)),
        home,
      )
      const task = { ...folded, id, repoPath: place.repoPath ?? folded.repoPath }
      return new TaskRecord(filesOf(task), file, task, options)
    } catch (cause) {
      await file[Symbol.asyncDispose]()
      throw new AppError('internal', `The record ${events} cannot be read`, {
        hint: 'It was left untouched; move the folder away to be rid of the message',
        cause,
      })
    }
  }

  get task(): Task {
    return this.#task
  }

  /** Calls back after each change of `task`, until what it answers is disposed. */
  watch(changed: () => void): Disposable {
    this.#watchers.add(changed)
    return { [Symbol.dispose]: () => void this.#watchers.delete(changed) }
  }

  /**
   * Resolves when the event is on disk and `task` shows it. Those of several callers come one after the other in the order of the calls,
   * each upon what the one before it has made of the task.
   */
  add(newEvent: NewTaskEvent): Promise<Task> {
    const added = this.#last.then(() => this.#add(newEvent))
    this.#last = added.catch(() => undefined) // The caller has the error; the next event must still come.
    return added
  }

  async #add(newEvent: NewTaskEvent): Promise<Task> {
    const event = stamped(newEvent)
    const next = transition(this.#task, event)
    if (this.#isLost)
      await this.#events.append(event).catch(() => undefined) // It was said that it could not be kept.
    else await this.patiently(event.type, () => this.#events.append(event))
    this.#task = next
    await this.#tell()
    return next
  }

  /** No one waits for the copies of a task that has just begun but its next event. */
  async #tellFirst(hasEvents: boolean): Promise<void> {
    const { description } = this.#task
    const told = hasEvents ? this.#tell() : undefined
    await Promise.all([told, this.#writeCopy('task.md', () => writeDerived(this.files.description, description))])
  }

  async #tell(): Promise<void> {
    this.#options.onChange(this.#task)
    for (const changed of this.#watchers) changed()
    const view = `${JSON.stringify(recordView(this.#task), null, 2)}\n`
    await this.#writeCopy('task.json', () => writeDerived(this.files.record, view))
  }

  /** Writes one of the task's own files, which hold what its events say in another form. */
  async write(path: string, value: unknown): Promise<void> {
    await this.#writeCopy(basename(path), () => writeJsonAtomically(path, value))
  }

  /** Deletes what `write` wrote of the result and the merge: they are of an end that holds no longer. */
  async removeResults(): Promise<void> {
    for (const path of [this.files.result, this.files.mergeResult]) {
      await this.#writeCopy(basename(path), () => rm(path, { force: true }))
    }
  }

  /**
   * Ends a task whose record can never be written, its folder deleted for one: from now on events count though they may not be on disk.
   * A shortage is no reason, since it passes.
   */
  async giveUp(failure: Failure): Promise<void> {
    this.#isLost = true
    if (this.#task.state.phase !== 'finished')
      await this.add({ type: 'finished', outcome: { kind: 'failed', failure } })
  }

  /** Waits for room. A copy that cannot be written for another reason, in a folder that is gone, is done without. */
  async #writeCopy(what: string, act: () => Promise<void>): Promise<void> {
    try {
      if (!this.#isLost) await this.patiently(what, act)
    } catch (error) {
      if (isShortage(error)) throw error
    }
  }

  /** Does what must not be left out, when there is room for it; at once or not at all without a `shortageRetry`. */
  async patiently<Result>(what: string, act: () => Promise<Result>): Promise<Result> {
    const { shortageRetry } = this.#options
    return shortageRetry ? await shortageRetry.until(`${what} of task ${this.#task.id}`, act) : await act()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    await this.#events[Symbol.asyncDispose]()
  }
}

const stamped = (event: NewTaskEvent): TaskEvent => ({ ...event, at: new Date().toISOString() }) as TaskEvent

/** What `task.json` holds: the client's view and the facts behind it. */
function recordView(task: Task) {
  return {
    ...taskView(task),
    repo_path: task.repoPath,
    branch: task.branch,
    start_commit: task.startCommit,
    state: task.state,
    machine: task.machine,
    exit: task.exit,
    stop_reason: task.stopReason,
    work: task.work,
  }
}
