import { AppError } from '../../core/failure.ts'
import { hasRoom, memoryLeft } from '../../core/memory.ts'
import type { MachineHandle } from '../../core/task/task.ts'
import { availableMemoryMiB, residentMiB } from '../../lib/processes/host-memory.ts'

/** How the host's memory is asked for, in MiB; undefined: it does not say, and everything is admitted. */
export type HostMemory = () => Promise<number | undefined>

/**
 * Refuses another guest that the host has no memory for, counting what running ones may still take.
 * `running`: the machine of each task that holds a slot, null while it has none yet.
 * @throws AppError('memory-short') that names the figures.
 */
export async function requireMemory(
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
