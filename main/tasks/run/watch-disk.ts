import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure } from '../../core/failure.ts'
import { findShortages, type Shortage, shortageText } from '../admission/disk-space.ts'

const pollMs = 1_000

/**
 * Watches the disks that a running task writes to: resolves with a failure when less than half of what a task needs to begin is free, so that there
 * is room to save its work; undefined when `over` fires first.
 */
export async function diskRunsFull(
  folders: readonly string[],
  minFreeGiB: number,
  over: AbortSignal,
): Promise<Failure | undefined> {
  const shortage = await untilShort(folders, minFreeGiB / 2, over)
  return (
    shortage && {
      code: 'disk-full',
      message: `The task was stopped because the disk runs full: ${shortageText(shortage)}`,
      hint: 'Its work is kept; free some disk space, or lower minFreeGiB in settings.json',
    }
  )
}

/** Resolves when less than that is free on the disk of one of the folders; undefined when `over` fires first. */
export async function untilShort(
  folders: readonly string[],
  leastGiB: number,
  over: AbortSignal,
): Promise<Shortage | undefined> {
  while (!over.aborted) {
    const [shortage] = await findShortages(folders, leastGiB)
    if (shortage) return shortage
    await sleep(pollMs, undefined, { signal: over, ref: false }).catch(() => undefined) // Only an abort ends it early.
  }
  return undefined
}
