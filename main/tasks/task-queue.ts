import { nextToStart, type QueueEntry, queueOrder } from '../core/queue.ts'
import type { SlotId, TaskId } from '../core/task.ts'
import type { TaskRecord } from './task-record.ts'

/** A waiting task and its record, which the queue holds open. */
export interface Waiting extends QueueEntry {
  readonly record: TaskRecord
}

/** The tasks that wait for a slot. In memory only: their records say that they wait, and survive a restart. */
export class TaskQueue implements AsyncDisposable {
  readonly #waiting = new Map<TaskId, Waiting>()

  add(record: TaskRecord, preferred: SlotId): void {
    const { id, createdAt, queue } = record.task
    this.#waiting.set(id, { id, createdAt, priority: queue?.priority ?? 0, preferred, record })
  }

  /** Takes the task out; undefined when it does not wait. */
  take(id: TaskId): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  next(free: readonly SlotId[]): Waiting | undefined {
    return nextToStart([...this.#waiting.values()], free)
  }

  /** From 1; null when the task does not wait. */
  position(id: TaskId): number | null {
    if (!this.#waiting.has(id)) return null
    return queueOrder([...this.#waiting.values()]).findIndex((waiting) => waiting.id === id) + 1
  }

  get size(): number {
    return this.#waiting.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { record } of this.#waiting.values()) await record[Symbol.asyncDispose]()
    this.#waiting.clear()
  }
}
