import { allSlots, type TaskId } from '../../core/task/task.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import type { Log } from '../../lib/log.ts'
import type { TaskRecord } from '../record/task-record.ts'
import type { SlotLease, SlotPool } from '../slots/slot-pool.ts'
import type { Admission } from './admission.ts'
import { TaskQueue, type Waiting } from './task-queue.ts'

/** Memory can come free without a task's end. Looked at only while a task waits. */
const retryMs = 5_000
/** The longest delay that setTimeout accepts. */
const longestTimerMs = 2 ** 31 - 1

export interface WaitingRoomOptions {
  readonly slots: SlotPool
  readonly admission: Admission
  readonly log: Log
  /** Whether the user has all that waits wait on. */
  readonly isPaused: () => boolean
}

/** Starts a task whose turn has come. */
export interface QueuedTaskStarter {
  /** @param base where it starts, in place of where it was to start. */
  beginQueued(record: TaskRecord, lease: SlotLease, base?: TaskBase): void
  /** The same of one that runs at a place. */
  beginQueuedAtPlace(record: TaskRecord, base?: TaskBase): void
}

type RoomState =
  | { readonly kind: 'not open' }
  | { readonly kind: 'open'; readonly starter: QueuedTaskStarter }
  | { readonly kind: 'closed' }

/** Where queued tasks wait, and the one who calls them in when there is a slot. */
export class WaitingRoom implements AsyncDisposable {
  readonly #options: WaitingRoomOptions
  readonly #queue = new TaskQueue()
  #retry: NodeJS.Timeout | undefined
  #calling = false
  #callAgain = false
  #state: RoomState = { kind: 'not open' }

  constructor(options: WaitingRoomOptions) {
    this.#options = options
  }

  /** Has the task wait, a parked one until its time at least; `callNext` looks whether it must. */
  add(record: TaskRecord): void {
    this.#queue.add(record, this.#options.slots.preferred(record.task.repoPath))
    if (this.#state.kind !== 'closed') this.#retry ??= setInterval(() => this.#look(), retryMs).unref()
    const { state } = record.task
    if (state.phase !== 'parked') return
    // A clock that is set meanwhile makes this early or late; the regular look makes up for it.
    const inMs = Math.min(longestTimerMs, Math.max(0, Date.parse(state.parking.until) - Date.now()))
    setTimeout(() => this.callNext(), inMs).unref()
  }

  /** Takes the task out; undefined when it does not wait. */
  take(id: TaskId): Waiting | undefined {
    return this.#queue.take(id)
  }

  /** The record of a task that waits. */
  record(id: TaskId): TaskRecord | undefined {
    return this.#queue.record(id)
  }

  /** The records of tasks that come after others, and have not begun. */
  get followers(): readonly TaskRecord[] {
    return this.#queue.followers
  }

  /** Has such a task wait for a slot, or for more; `callNext` gives it one. */
  setReady(id: TaskId, isReady: boolean, base?: TaskBase): void {
    this.#queue.setReady(id, isReady, base)
  }

  position(id: TaskId): number | null {
    return this.#queue.position(id)
  }

  /** Whether a task that may wait has to, even where a machine is ready for it: others wait, or all do. */
  get holdsBack(): boolean {
    return this.#options.isPaused() || this.#queue.next(allSlots) !== undefined
  }

  /** Has the starter begin every task that can be: not before every slot that is in use is known to be. */
  open(starter: QueuedTaskStarter): void {
    this.#state = { kind: 'open', starter }
    this.callNext()
  }

  /** Starts no more tasks; those that wait are on record, and wait for the next start. */
  close(): void {
    this.#state = { kind: 'closed' }
    clearInterval(this.#retry)
  }

  /** Gives free slots to tasks that wait, as long as there are both. One at a time: calls meanwhile have it look once more. */
  callNext(): void {
    if (this.#state.kind !== 'open' || this.#queue.size === 0 || this.#options.isPaused()) return
    const { starter } = this.#state
    const { slots, admission, log } = this.#options
    for (let to = this.#queue.nextAtPlace(); to; to = this.#queue.nextAtPlace()) {
      const waiting = this.#queue.take(to.id)
      if (waiting) starter.beginQueuedAtPlace(waiting.record, waiting.base)
    }
    const next = this.#queue.next(slots.list().flatMap(({ slot, taskId }) => (taskId === null ? [slot] : [])))
    if (!next) return
    this.#callAgain = true
    if (this.#calling) return
    this.#calling = true
    this.#callAgain = false
    const { id, repoPath } = next.record.task
    admission
      .admit(repoPath, id)
      .then(
        (lease) => {
          this.#callAgain = true
          const mayBegin = this.#state.kind === 'open' && !this.#options.isPaused() && this.#queue.isReady(id)
          const waiting = mayBegin ? this.#queue.take(id) : undefined
          if (waiting) starter.beginQueued(waiting.record, lease, waiting.base)
          else lease[Symbol.dispose]()
        },
        (error: unknown) => log.debug('a task waits on', { taskId: id, reason: String(error) }),
      )
      .finally(() => {
        this.#calling = false
        if (this.#callAgain) this.callNext()
      })
  }

  #look(): void {
    this.callNext()
    if (this.#queue.size > 0) return
    clearInterval(this.#retry)
    this.#retry = undefined
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
    await this.#options.admission.idle()
    await this.#queue[Symbol.asyncDispose]()
  }
}
