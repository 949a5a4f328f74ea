import { setTimeout as sleep } from 'node:timers/promises'
import type { Failure } from '../../core/failure.ts'
import { findShortages, shortageText } from '../admission/disk-space.ts'

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
  while (!over.aborted) {
    const [shortage] = await findShortages(folders, minFreeGiB / 2)
    if (shortage) {
      return {
        code: 'disk-full',
        message: `The task was stopped because the disk runs full: ${shortageText(shortage)}`,
        hint: 'Its work is kept; free some disk space, or lower minFreeGiB in settings.json',
      }
    }
    await sleep(pollMs, undefined, { signal: over, ref: false }).catch(() => undefined) // Only an abort ends it early.
  }
  return undefined
}
