import { nextToStart, type QueueEntry, queueOrder } from '../../core/task/queue.ts'
import type { SlotId, TaskId } from '../../core/task/task.ts'
import type { TaskRecord } from '../record/task-record.ts'

/** A waiting task and its record, which the queue holds open. */
export interface Waiting extends QueueEntry {
  readonly record: TaskRecord
}

/** The tasks that wait for a slot, now or from a later time on. In memory only: their records say so, and survive a restart. */
export class TaskQueue implements AsyncDisposable {
  readonly #waiting = new Map<TaskId, Waiting>()

  add(record: TaskRecord, preferred: SlotId): void {
    const { id, createdAt, queue, state } = record.task
    const notBefore = state.phase === 'parked' ? state.parking.until : null
    this.#waiting.set(id, { id, createdAt, priority: queue?.priority ?? 0, notBefore, preferred, record })
  }

  /** Takes the task out; undefined when it does not wait. */
  take(id: TaskId): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  record(id: TaskId): TaskRecord | undefined {
    return this.#waiting.get(id)?.record
  }

  next(free: readonly SlotId[]): Waiting | undefined {
    return nextToStart([...this.#waiting.values()], free, Date.now())
  }

  /** From 1; null when the task does not wait, or is parked until later. */
  position(id: TaskId): number | null {
    const index = queueOrder([...this.#waiting.values()], Date.now()).findIndex((waiting) => waiting.id === id)
    return index < 0 ? null : index + 1
  }

  get size(): number {
    return this.#waiting.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { record } of this.#waiting.values()) await record[Symbol.asyncDispose]()
    this.#waiting.clear()
  }
}
