import { watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { entryExists } from './look.ts'

/** How often it is looked for where the system tells nothing of the folder. */
const pollMs = 250
/** Between two looks, however often the folder changes: a guest may write in it. */
const restMs = 3

/** Resolves with true as soon as the folder has an entry of this name, whatever it is; with false when the signal fires before. */
export async function entryAppears(folder: string, name: string, signal: AbortSignal): Promise<boolean> {
  let wake = (): void => undefined
  const changed = (): void => wake()
  signal.addEventListener('abort', changed)
  const watcher = watchIfPossible(folder, changed)
  try {
    while (!signal.aborted) {
      const next = new Promise<void>((resolve) => {
        wake = resolve
      })
      if (await entryExists(join(folder, name))) return true
      const timer = setTimeout(changed, pollMs).unref()
      await next
      clearTimeout(timer)
      await sleep(restMs)
    }
    return false
  } finally {
    watcher?.close()
    signal.removeEventListener('abort', changed)
  }
}

/** Without it, its caller looks now and then. */
function watchIfPossible(folder: string, changed: () => void): { close(): void } | undefined {
  try {
    return watch(folder, { persistent: false }, changed).on('error', () => undefined)
  } catch {
    return undefined
  }
}
