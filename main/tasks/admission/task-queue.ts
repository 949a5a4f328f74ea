import { nextToStart, type QueueEntry, queueOrder } from '../../core/task/queue.ts'
import type { SlotId, TaskId } from '../../core/task/task.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import type { TaskRecord } from '../record/task-record.ts'

/** A waiting task and its record, which the queue holds open. */
export interface Waiting extends QueueEntry {
  readonly record: TaskRecord
  /** Where it starts, where the tasks before it decided that. */
  readonly base?: TaskBase
}

/** The tasks that wait for a slot, now or from a later time on. In memory only: their records say so, and survive a restart. */
export class TaskQueue implements AsyncDisposable {
  readonly #waiting = new Map<TaskId, Waiting>()

  add(record: TaskRecord, preferred: SlotId): void {
    const { id, createdAt, queue, state } = record.task
    const notBefore = state.phase === 'parked' ? state.parking.until : null
    const isReady = !comesAfterOthers(record)
    this.#waiting.set(id, { id, createdAt, priority: queue?.priority ?? 0, notBefore, isReady, preferred, record })
  }

  /** The records of tasks that do not wait for a slot alone. */
  get followers(): readonly TaskRecord[] {
    return [...this.#waiting.values()].flatMap(({ record }) => (comesAfterOthers(record) ? [record] : []))
  }

  /** Has a task that comes after others wait for a slot from now on, or for more. */
  setReady(id: TaskId, isReady: boolean, base?: TaskBase): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    const { base: _, ...rest } = waiting
    this.#waiting.set(id, { ...rest, isReady, ...(base && { base }) })
  }

  /** Takes the task out; undefined when it does not wait. */
  take(id: TaskId): Waiting | undefined {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiting
  }

  /** Whether it waits, and for nothing but a slot. */
  isReady(id: TaskId): boolean {
    return this.#waiting.get(id)?.isReady ?? false
  }

  record(id: TaskId): TaskRecord | undefined {
    return this.#waiting.get(id)?.record
  }

  next(free: readonly SlotId[]): Waiting | undefined {
    return nextToStart(this.#forSlots, free, Date.now())
  }

  /** One that can go to its place, where it takes no slot of this host. */
  nextAtPlace(): Waiting | undefined {
    const atPlaces = [...this.#waiting.values()].filter(({ record }) => record.task.place)
    return queueOrder(atPlaces, Date.now())[0]
  }

  /** From 1; null when the task waits for no slot of this host, is parked until later, or comes after others that have not ended. */
  position(id: TaskId): number | null {
    const index = queueOrder(this.#forSlots, Date.now()).findIndex((waiting) => waiting.id === id)
    return index < 0 ? null : index + 1
  }

  get #forSlots(): readonly Waiting[] {
    return [...this.#waiting.values()].filter(({ record }) => !record.task.place)
  }

  get size(): number {
    return this.#waiting.size
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { record } of this.#waiting.values()) await record[Symbol.asyncDispose]()
    this.#waiting.clear()
  }
}

/** Those of a plan wait until the whole plan is on record. One that had begun, and was parked, waits for no others any more. */
const comesAfterOthers = ({ task: { state, after, plan } }: TaskRecord): boolean =>
  state.phase === 'queued' && (after !== undefined || plan !== undefined)
