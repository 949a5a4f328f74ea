import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { removeKey } from '../../tasks/run/take-key.ts'
import { restore, victimIsWhole } from '../fixtures.ts'

/** As long as that the naive host may miss the moment, and that long it takes between its look and its act. */
const deletingMs = 120_000
const betweenMs = 6
const times = 500

/**
 * Takes the key away as the host does, while the guest swaps what it made of it; then as a naive host, until that has deleted what it
 * should not. The victim is whole again afterwards.
 */
export async function deleteWhileSwapped(
  share: string,
  victim: string,
): Promise<{ readonly naively: boolean; readonly safely: boolean }> {
  for (let count = 0; count < times; count++) await removeKey(share)
  const safely = !(await victimIsWhole({ victim }))
  await restore({ victim })
  let naively = false
  for (const deadline = performance.now() + deletingMs; !naively && performance.now() < deadline; ) {
    await deleteBelow(join(share, '.api-key'))
    naively = !(await victimIsWhole({ victim }))
  }
  await restore({ victim })
  return { naively, safely }
}

/** Deletes the files of each folder in it, which was one when it was looked at. */
async function deleteBelow(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue
    const path = join(folder, entry.name)
    for (const name of await readdir(path).catch(() => [])) {
      await sleep(betweenMs)
      await unlink(join(path, name)).catch(() => undefined) // The guest was faster.
    }
  }
}
