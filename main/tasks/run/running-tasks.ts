import type { TaskId } from '../../core/task/task.ts'
import type { Log } from '../../lib/log.ts'
import { isShortage } from '../../lib/shortage.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { reapLeftovers } from './reap-leftovers.ts'
import type { RunEnd } from './task-run.ts'

export interface RunningTasksOptions {
  readonly driver: MachineDriver
  readonly home: string
  readonly log: Log
  /** Once it fires, machines are left running, and none is ended because no task keeps it. */
  readonly detach: AbortSignal
  /** Whether something other than a task at work keeps the machine of this name. */
  readonly keeps: (name: string) => boolean
  /** Resolves when slow work may begin. */
  readonly quiet: () => Promise<void>
  /** Called when a task has its outcome and its slot is free: the end is announced only then. */
  readonly onEnd: (record: TaskRecord) => Promise<void>
  /** Takes up a task whose machine is gone, as after a crash of the orchestrator. */
  readonly recover: (record: TaskRecord) => Promise<RunEnd>
  /** A task is followed no more; undefined: it could not be recorded, and the next start takes it up. */
  readonly onOver: (record: TaskRecord, end: RunEnd | undefined) => Promise<void>
}

/** A task between its creation and its end, and the promise of that end. */
interface Running {
  readonly record: TaskRecord
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** The tasks that are being followed to their ends. */
export class RunningTasks {
  readonly #options: RunningTasksOptions
  readonly #running = new Map<TaskId, Running>()

  constructor(options: RunningTasksOptions) {
    this.#options = options
  }

  get ids(): readonly TaskId[] {
    return [...this.#running.keys()]
  }

  has(id: TaskId): boolean {
    return this.#running.has(id)
  }

  record(id: TaskId): TaskRecord | undefined {
    return this.#running.get(id)?.record
  }

  /** Resolves when the task is followed no more; at once when it is not. */
  async over(id: TaskId): Promise<void> {
    await this.#running.get(id)?.done
  }

  async allOver(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ done }) => done))
  }

  /** Has the task end with that reason, if it is followed. */
  stop(id: TaskId, reason: Error): void {
    this.#running.get(id)?.stop.abort(reason)
  }

  /** Follows a task through its work; `work` is given the signal that ends it. The lease is disposed when nothing needs it. */
  follow(record: TaskRecord, lease: Disposable, work: (stop: AbortSignal) => Promise<RunEnd>): void {
    const { id } = record.task
    const stop = new AbortController()
    this.#running.set(id, { record, stop, done: this.#toItsEnd(record, lease, () => work(stop.signal)) })
  }

  async #toItsEnd(record: TaskRecord, lease: Disposable, work: () => Promise<RunEnd>): Promise<void> {
    const { log, detach, keeps, quiet, onEnd, onOver } = this.#options
    const { id } = record.task
    let end: RunEnd | undefined
    try {
      await quiet()
      end = await this.#toOutcome(record, work)
      if (end !== 'finished') return
      lease[Symbol.dispose]()
      await onEnd(record)
    } catch (error) {
      log.error('task could not be recorded', { taskId: id, reason: String(error) })
    } finally {
      await reapLeftovers(this.#options, (name) =>
        name === id ? end === 'left' || keeps(name) : detach.aborted || this.#isFollowed(name) || keeps(name),
      )
      lease[Symbol.dispose]()
      this.#running.delete(id)
      await onOver(record, end)
    }
  }

  /**
   * Where the work ends in a way that it must not, the task is taken up as after a crash, with its machine ended; and where that cannot be
   * recorded either, and never will, it ends here, so that its end is announced and it holds no slot. A shortage passes: the next start takes it up.
   */
  async #toOutcome(record: TaskRecord, work: () => Promise<RunEnd>): Promise<RunEnd> {
    const { log, detach, recover } = this.#options
    const { id } = record.task
    const attempts = [
      work,
      async () => await reapLeftovers(this.#options, (name) => name !== id).then(() => recover(record)),
    ]
    let last: unknown
    for (const attempt of attempts) {
      try {
        return await attempt()
      } catch (error) {
        if (isShortage(error) || detach.aborted) throw error
        log.error('task could not be seen through', { taskId: id, reason: String(error) })
        last = error
      }
    }
    const message = `The task could not be seen through: ${last instanceof Error ? last.message : String(last)}`
    await record.giveUp({ code: 'internal', message, hint: `What it left is in ${record.files.workFolder}` })
    return 'finished'
  }

  #isFollowed(name: string): boolean {
    return this.ids.some((id) => id === name)
  }
}
