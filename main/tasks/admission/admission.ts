import type { MachineHandle, TaskId } from '../../core/task/task.ts'
import type { SlotLease, SlotPool } from '../slots/slot-pool.ts'
import type { WarmMachines } from '../slots/warm-machines.ts'
import { type HostMemory, requireMemory } from './requirements.ts'

export interface AdmissionOptions {
  readonly slots: SlotPool
  /** What a guest takes now; the setting can change. */
  readonly memoryMiB: () => number
  /** In place of the host's own figure; for tests. */
  readonly hostMemory: HostMemory | undefined
  /** The machine of a task that holds a slot, null while it has none. */
  readonly machineOf: (id: TaskId) => MachineHandle | null
  /** Machines that wait for a task. */
  readonly warm: Pick<WarmMachines, 'handles' | 'giveWay'>
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
    this.#last = admitted.catch(() => undefined) // The caller has the error.
    return admitted
  }

  /** Resolves when every decision under way is made. */
  async settled(): Promise<void> {
    await this.#last
  }

  /** Whether there is memory for another machine, and for a task beside it. */
  async hasRoomAhead(): Promise<boolean> {
    return await this.#requireMemory([...this.#running(), null]).then(
      () => true,
      () => false,
    )
  }

  async #decide(repoPath: string, id: TaskId): Promise<SlotLease> {
    const running = this.#running()
    const lease = this.#options.slots.lease(repoPath, id)
    try {
      await this.#requireMemory(running).catch(async (error: unknown) => {
        if (!(await this.#options.warm.giveWay())) throw error
        await this.#requireMemory(running)
      })
      return lease
    } catch (error) {
      lease[Symbol.dispose]()
      throw error
    }
  }

  async #requireMemory(running: readonly (MachineHandle | null)[]): Promise<void> {
    const { memoryMiB, hostMemory, warm } = this.#options
    await requireMemory(memoryMiB(), [...running, ...warm.handles], hostMemory)
  }

  #running(): readonly (MachineHandle | null)[] {
    const { slots, machineOf } = this.#options
    return slots.list().flatMap(({ taskId }) => (taskId === null ? [] : [machineOf(taskId)]))
  }
}
