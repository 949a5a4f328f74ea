import { readdir, readFile, rename, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { pathExists } from '../../lib/files/look.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { listSeats, type SeatFiles, seatsFolder } from './seat-files.ts'

const dayMs = 24 * 60 * 60_000

/** How old what nobody needs may become, in milliseconds. */
export const keptFor = { emptySeatMs: dayMs, storeMs: 30 * dayMs }

export const repositoriesFolder = (root: string): string => join(root, 'repositories')

/** Says that a task of its repository begins: the store is not deleted for so long. */
export const markUsed = (store: string, now = new Date()): Promise<void> => utimes(join(store, 'HEAD'), now, now)

/**
 * Deletes what is left of tasks that came to nothing: seats that were given none, whose keeper must have left long ago, and histories that no task has used for
 * a month and no seat reads. A seat that was given a task is never deleted here: what it holds may be nowhere else. @returns the names of what it deleted.
 */
export async function pruneNode(root: string, now = Date.now()): Promise<readonly string[]> {
  const pruned: string[] = []
  const read = new Set<string>()
  for (const files of await listSeats(root)) {
    if (await isAbandoned(files, now)) {
      await removeTree(files.folder)
      pruned.push(files.seat)
    } else read.add(await storeOf(files))
  }
  for (const name of await namesIn(repositoriesFolder(root))) {
    const folder = join(repositoriesFolder(root), name)
    if (read.has(join(folder, 'objects')) || (await ageOf(join(folder, 'HEAD'), now)) < keptFor.storeMs) continue
    // Under another name first: a task that begins at this moment makes a new one.
    const away = join(seatsFolder(root), `.${name}`)
    await rename(folder, away)
    await removeTree(away)
    pruned.push(name)
  }
  return pruned
}

async function isAbandoned({ folder, given, end }: SeatFiles, now: number): Promise<boolean> {
  if ((await pathExists(given)) || (await pathExists(end))) return false
  return (await ageOf(folder, now)) >= keptFor.emptySeatMs
}

/** The store whose objects the seat's own repository reads; empty where it has none. */
const storeOf = async ({ source }: SeatFiles): Promise<string> =>
  (await readFile(join(source, '.git', 'objects', 'info', 'alternates'), 'utf8').catch(() => '')).trim()

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => [])

/** Of one that is not there nothing is known: it is new. */
const ageOf = async (path: string, now: number): Promise<number> =>
  now -
  (await stat(path)
    .then(({ mtimeMs }) => mtimeMs)
    .catch(() => now))
