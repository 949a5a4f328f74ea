import type { TaskId } from '../../core/task/task.ts'
import type { SlotLease, SlotPool } from '../slots/slot-pool.ts'
import type { WarmMachines } from '../slots/warm-machines.ts'
import type { GuestMemory } from './guest-memory.ts'

export interface AdmissionOptions {
  readonly slots: SlotPool
  readonly memory: GuestMemory
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

  /** Whether a task would get a slot at this moment; another one may come first. */
  async hasRoom(): Promise<boolean> {
    const { slots, memory, warm } = this.#options
    if (slots.list().every(({ taskId }) => taskId !== null)) return false
    return await memory.require([...memory.running(), ...warm.handles]).then(
      () => true,
      () => warm.handles.length > 0,
    )
  }

  /** Resolves when every decision under way is made. */
  async idle(): Promise<void> {
    await this.#last
  }

  async #decide(repoPath: string, id: TaskId): Promise<SlotLease> {
    const { slots, memory, warm } = this.#options
    const running = memory.running()
    const lease = slots.lease(repoPath, id)
    try {
      await memory.require([...running, ...warm.handles]).catch(async (error: unknown) => {
        if (!(await warm.giveWay())) throw error
        await memory.require([...running, ...warm.handles])
      })
      return lease
    } catch (error) {
      lease[Symbol.dispose]()
      throw error
    }
  }
}
