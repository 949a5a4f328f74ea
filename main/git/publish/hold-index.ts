import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PublishFolder } from './journal.ts'

const longestWaitMs = 4000
const pauseMs = 50

/**
 * Takes a work tree's `index.lock`, as every git that changes the index does, so that no one else changes it meanwhile. The lock holds the
 * name of the folder that it belongs to: after a crash it is known for ours by that. Waits for who holds it; false when they
 * do not let go.
 */
export async function holdIndex(index: string, folder: PublishFolder): Promise<boolean> {
  await writeFile(folder.lock, contentOf(folder), { mode: 0o600 })
  for (let waited = 0; ; waited += pauseMs) {
    if (await takeLock(`${index}.lock`, folder)) return true
    if (waited >= longestWaitMs) return false
    await sleep(pauseMs)
  }
}

async function takeLock(lock: string, folder: PublishFolder): Promise<boolean> {
  try {
    await link(folder.lock, lock)
    return true
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (!noLinks.has(code)) throw error
  }
  try {
    await writeFile(lock, contentOf(folder), { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** What a file system answers that knows no hard links, or none between these two places. */
export const noLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK'])

const contentOf = ({ id }: PublishFolder) => `microvm-orchestrator ${id}\n`

/** Removes the lock if it is this folder's. */
export async function releaseIndex(index: string, folder: PublishFolder): Promise<void> {
  const lock = `${index}.lock`
  const content = await readFile(lock, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (content === contentOf(folder)) await rm(lock, { force: true })
}
