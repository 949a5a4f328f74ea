import { AppError } from '../../core/failure.ts'
import { hasRoom, memoryLeft } from '../../core/memory.ts'
import type { MachineHandle, TaskId } from '../../core/task/task.ts'
import { availableMemoryMiB, residentMiB } from '../../lib/processes/host-memory.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import type { SlotPool } from '../slots/slot-pool.ts'

/** How the host's memory is asked for, in MiB; undefined: it does not say, and everything is admitted. */
export type HostMemory = () => Promise<number | undefined>

export interface GuestMemoryOptions {
  readonly slots: SlotPool
  readonly catalog: Pick<TaskCatalog, 'open'>
  /** Machines that check works of tasks, in the tasks' slots. */
  readonly checks: { handleOf(id: TaskId): MachineHandle | undefined }
  /** What one guest takes, in MiB. Read at each decision: the setting can change. */
  readonly limits: { readonly memoryMiB: number }
  /** Replaces the host's own figure in tests. */
  readonly hostMemory?: HostMemory | undefined
}

/** Whether the host has memory for one more guest. Warm machines are the caller's to name: they can give way to a task. */
export class GuestMemory {
  readonly #options: GuestMemoryOptions

  constructor(options: GuestMemoryOptions) {
    this.#options = options
  }

  /** The machines of the tasks that hold a slot, null for a task that has none yet. */
  running(): readonly (MachineHandle | null)[] {
    const { slots, catalog, checks } = this.#options
    return slots
      .list()
      .flatMap(({ taskId }) =>
        taskId === null ? [] : [checks.handleOf(taskId) ?? catalog.open.get(taskId)?.machine ?? null],
      )
  }

  /** @param guests the machines that are there, null for one that is being booted. @throws AppError('memory-short') */
  async require(guests: readonly (MachineHandle | null)[]): Promise<void> {
    const { limits, hostMemory } = this.#options
    await requireMemory(limits.memoryMiB, guests, hostMemory)
  }

  /** Whether there is memory for another warm machine beside these, and for a task beside it. */
  async hasRoomAhead(warm: readonly (MachineHandle | null)[]): Promise<boolean> {
    return await this.require([...this.running(), null, ...warm]).then(
      () => true,
      () => false,
    )
  }
}

/**
 * Refuses another guest that the host has no memory for, counting what running ones may still take.
 * `running`: the machine of each task that holds a slot, null while it has none yet.
 * @throws AppError('memory-short') that names the figures.
 */
async function requireMemory(
  memoryMiB: number,
  running: readonly (MachineHandle | null)[],
  available: HostMemory = availableMemoryMiB,
): Promise<void> {
  const availableMiB = await available()
  if (availableMiB === undefined) return
  const guests = await Promise.all(
    running.map(async (machine) => ({ memoryMiB, usedMiB: machine === null ? 0 : await residentMiB(machine.pid) })),
  )
  if (hasRoom(availableMiB, guests, memoryMiB)) return
  const left = Math.max(0, memoryLeft(availableMiB, guests))
  throw new AppError(
    'memory-short',
    `This host has no memory for another task: it needs ${memoryMiB} MiB, and of ${availableMiB} MiB available ${left} MiB are ` +
      `left beside what ${guests.length} running tasks may still take`,
    { hint: 'Wait for one to end, queue the task (queue: true), or lower memoryMiB in settings.json' },
  )
}
