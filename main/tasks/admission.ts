import type { MachineHandle, TaskId } from '../core/task.ts'
import { type HostMemory, requireMemory } from './require-memory.ts'
import type { SlotLease, SlotPool } from './slot-pool.ts'

export interface AdmissionOptions {
  readonly slots: SlotPool
  /** What a guest takes now; the setting can change. */
  readonly memoryMiB: () => number
  /** In place of the host's own figure; for tests. */
  readonly hostMemory: HostMemory | undefined
  /** The machine of a task that holds a slot, null while it has none. */
  readonly machineOf: (id: TaskId) => MachineHandle | null
}

/** Gives slots one after another, so that each decision sees the one before. */
export class Admission {
  readonly #options: AdmissionOptions
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  /** A slot for the task, with memory for its guest. @throws AppError('slots-busy' | 'memory-short') */
  admit(repoPath: string, id: TaskId): Promise<SlotLease> {
    const admitted = this.#last.then(() => this.#decide(repoPath, id))
    this.#last = admitted.catch(() => undefined) // Whoever asked has the error.
    return admitted
  }

  /** Resolves when every decision under way is made. */
  async settled(): Promise<void> {
    await this.#last
  }

  async #decide(repoPath: string, id: TaskId): Promise<SlotLease> {
    const { slots, memoryMiB, hostMemory, machineOf } = this.#options
    const others = slots.list().flatMap(({ taskId }) => (taskId === null ? [] : [taskId]))
    const lease = slots.lease(repoPath, id)
    try {
      await requireMemory(memoryMiB(), others.map(machineOf), hostMemory)
      return lease
    } catch (error) {
      lease[Symbol.dispose]()
      throw error
    }
  }
}
