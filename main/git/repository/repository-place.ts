import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RecentMap } from '../../lib/recent-map.ts'

/** Where a repository lies, and of what kind it is. */
export interface RepositoryPlace {
  /** Real path of the work tree's top. */
  readonly path: string
  /** Real path of the `.git` folder that all work trees of the repository share. */
  readonly commonDirectory: string
  /** Real path of this work tree's own `.git` folder: the common one, or one below its `worktrees`. */
  readonly gitDirectory: string
  readonly isLinkedWorktree: boolean
  readonly objectFormat: 'sha1' | 'sha256'
  readonly isShallow: boolean
}

interface Remembered {
  readonly place: RepositoryPlace
  readonly sight: string
}

const remembered = new RecentMap<string, Remembered>(200)

/**
 * Where the repository of a folder lies, asked of git once: again only when one of the files that decide it has changed. The end of a
 * task asks at each of its steps.
 */
export async function rememberedPlace(folder: string, ask: () => Promise<RepositoryPlace>): Promise<RepositoryPlace> {
  const known = await knownPlace(folder)
  if (known) return known
  const place = await ask()
  remembered.set(folder, { place, sight: await sightOf(place) })
  return place
}

/** What was found of a folder before, where nothing that decides it has changed. */
export async function knownPlace(folder: string): Promise<RepositoryPlace | undefined> {
  const known = remembered.get(folder)
  if (known && known.sight === (await sightOf(known.place))) return known.place
  remembered.delete(folder)
  return undefined
}

/** Tells apart every state of the files that git looks at to find a repository and its kind. */
async function sightOf({ path, gitDirectory, commonDirectory }: RepositoryPlace): Promise<string> {
  const files = [
    path,
    join(path, '.git'),
    join(gitDirectory, 'HEAD'),
    join(gitDirectory, 'commondir'),
    join(gitDirectory, 'config.worktree'),
    join(commonDirectory, 'config'),
    join(commonDirectory, 'shallow'),
    join(commonDirectory, 'objects'),
    join(commonDirectory, 'refs'),
  ]
  return (await Promise.all(files.map(seen))).join(' ')
}

async function seen(file: string): Promise<string> {
  try {
    const found = await stat(file, { bigint: true })
    const time = found.isDirectory() ? '' : found.mtimeNs // A folder's changes with each file in it.
    return [found.dev, found.ino, found.mode, found.uid, time].join(':')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
