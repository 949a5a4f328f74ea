import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { allSlots, type SlotId } from '../../core/task/task.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { lockFile } from '../../lib/files/file-lock.ts'
import { pathExists } from '../../lib/files/look.ts'
import { availableMemoryMiB } from '../../lib/processes/host-memory.ts'
import { isAlive } from '../../lib/processes/process-identity.ts'
import { taskFiles } from '../../tasks/record/task-files.ts'
import { listSeats, livingKeeper, readJson, type SeatFiles } from './seat-files.ts'

const slotSchema = z.object({ slot: z.int().min(1).max(allSlots.length) })
const machineSchema = z.object({ machine: z.object({ pid: z.int(), startTime: z.string() }).nullable() })

const lookMs = 1_000

/**
 * A slot of this node, whose disks belong to one machine at a time, whichever keeper runs it, and memory for the guest. The repository's own
 * slot first. Waits where there is none, and says why.
 */
export async function takeSlot(
  {
    root,
    files,
    repository,
    memoryMiB,
  }: { readonly root: string; readonly files: SeatFiles; readonly repository: string; readonly memoryMiB: number },
  waits: (why: string | null) => void,
  signal: AbortSignal,
): Promise<SlotId> {
  for (;;) {
    signal.throwIfAborted()
    const slot = await tryOnce(root, files, repository, memoryMiB)
    waits(typeof slot === 'string' ? slot : null)
    if (typeof slot !== 'string') return slot
    await sleep(lookMs, undefined, { signal })
  }
}

async function tryOnce(
  root: string,
  files: SeatFiles,
  repository: string,
  memoryMiB: number,
): Promise<SlotId | string> {
  await using _lock = await lockFile(join(root, 'slots.json'))
  const used = new Set<number>()
  for (const other of await listSeats(root)) {
    const slot = other.seat === files.seat ? undefined : await slotOf(other)
    if (slot !== undefined) used.add(slot)
  }
  const available = await availableMemoryMiB()
  if (used.size > 0 && available !== undefined && available < memoryMiB)
    return `A guest takes ${memoryMiB} MiB of memory, and ${available} MiB are free there`
  const first = (createHash('sha256').update(repository).digest()[0] ?? 0) % allSlots.length
  const inOrder = [...allSlots.slice(first), ...allSlots.slice(0, first)]
  const free = inOrder.find((slot) => !used.has(slot))
  if (free === undefined) return `All ${allSlots.length} slots there are in use`
  await writeJsonAtomically(files.slot, { slot: free })
  return free
}

/** The slot whose disks the seat's machine may be writing to. */
async function slotOf(files: SeatFiles): Promise<number | undefined> {
  const taken = await readJson(files.slot, slotSchema)
  if (!taken || (await pathExists(files.end))) return undefined
  if (await livingKeeper(files)) return taken.slot
  const known = await readJson(taskFiles(files.folder, files.taskId).record, machineSchema)
  return known?.machine && (await isAlive(known.machine)) ? taken.slot : undefined
}
