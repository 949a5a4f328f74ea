import { mkdir } from 'node:fs/promises'
import { AppError } from '../core/failure.ts'
import type { Task, TaskEvent, TaskIdentity } from '../core/task.ts'
import { foldTask, newTask, transition } from '../core/transition.ts'
import { taskView } from '../core/view.ts'
import { writeDerived } from '../lib/atomic-file.ts'
import { JsonLinesFile } from '../lib/json-lines.ts'
import { taskEventSchema } from './task-event-schema.ts'
import { type TaskFiles, taskFiles } from './task-files.ts'

/** An event without its time: the record stamps it. */
export type Happening = TaskEvent extends infer Event ? (Event extends TaskEvent ? Omit<Event, 'at'> : never) : never

/**
 * A task on disk: `events.jsonl` is the truth, `task.json` the fold of it for people and scripts.
 * An event is on disk before `task` shows it. One process holds a record at a time.
 */
export class TaskRecord implements AsyncDisposable {
  readonly files: TaskFiles
  readonly #events: JsonLinesFile
  readonly #onChange: (task: Task) => void
  #task: Task

  private constructor(files: TaskFiles, events: JsonLinesFile, task: Task, onChange: (task: Task) => void) {
    this.files = files
    this.#events = events
    this.#task = task
    this.#onChange = onChange
  }

  static async create(identity: TaskIdentity, onChange: (task: Task) => void): Promise<TaskRecord> {
    const files = taskFiles(identity.repoPath, identity.id)
    await mkdir(files.folder, { recursive: true, mode: 0o700 })
    const { file } = await JsonLinesFile.open(files.events)
    const record = new TaskRecord(files, file, newTask(identity), onChange)
    await Promise.all([
      file.append({ type: 'created', at: identity.createdAt, task: identity } satisfies TaskEvent),
      writeDerived(files.description, identity.description),
    ])
    return record
  }

  /**
   * Opens the record that a folder holds.
   * @throws AppError('internal') when it cannot be understood; the folder is left as it is.
   */
  static async open(files: TaskFiles, onChange: (task: Task) => void): Promise<TaskRecord> {
    const { file, content } = await JsonLinesFile.open(files.events)
    try {
      if (content.damaged.length > 0) throw new Error(`line ${content.damaged.join(', ')} is damaged`)
      const events = content.values.map((value) => taskEventSchema.parse(value))
      // The folder's place decides, not what the record says of it: the repository may have been moved.
      return new TaskRecord(files, file, { ...foldTask(events), repoPath: files.repoPath }, onChange)
    } catch (cause) {
      await file[Symbol.asyncDispose]()
      throw new AppError('internal', `The record ${files.events} cannot be read`, {
        hint: 'It was left untouched; move the folder away to be rid of the message',
        cause,
      })
    }
  }

  get task(): Task {
    return this.#task
  }

  /** Resolves when the event is on disk and `task` shows it. */
  async add(happening: Happening): Promise<Task> {
    const event = { ...happening, at: new Date().toISOString() } as TaskEvent
    const next = transition(this.#task, event)
    await this.#events.append(event)
    this.#task = next
    this.#onChange(next)
    await writeDerived(this.files.record, `${JSON.stringify(recordView(next), null, 2)}\n`)
    return next
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#events[Symbol.asyncDispose]()
  }
}

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
