import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { SalvagedWork } from '../../core/merge/merge.ts'
import { gitOrThrow, gitText } from '../../git/process/git.ts'
import { streamGit } from '../../git/process/stream-git.ts'
import { readingToo } from '../../git/repository/object-folder.ts'
import { pathExists } from '../../lib/files/look.ts'
import { markUsed, repositoriesFolder } from './prune-node.ts'
import type { SeatFiles } from './seat-files.ts'

/*
 * The history of a repository on a node: it comes once, and tasks of the same home and repository take it from there. Home is trusted with what
 * it sends; the work of guests goes into the seat's own repository and never into the store.
 */

export interface StoreName {
  /** Of a home and a repository of it. */
  readonly repository: string
  readonly objectFormat: 'sha1' | 'sha256'
}

const storeFolder = (root: string, { repository, objectFormat }: StoreName): string =>
  join(repositoriesFolder(root), `${repository}-${objectFormat}.git`)

const inside = (folder: string) => ({ cwd: folder, trust: 'none', env: { GIT_DIR: folder } }) as const

async function openStore(root: string, name: StoreName): Promise<string> {
  const folder = storeFolder(root, name)
  if (!(await pathExists(join(folder, 'HEAD')))) {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await gitOrThrow(['init', '--quiet', '--bare', '--template=', `--object-format=${name.objectFormat}`, folder], {
      ...{ cwd: root, trust: 'none' },
    })
  }
  await markUsed(folder)
  return folder
}

const mostKnown = 50

/** Commits that are here with all their history, the newest first. */
export async function knownCommits(root: string, name: StoreName): Promise<readonly string[]> {
  const folder = await openStore(root, name)
  const format = ['--sort=-creatordate', '--format=%(objectname)', `--count=${mostKnown}`]
  const listed = await gitText(['for-each-ref', ...format, 'refs/starts'], inside(folder))
  return listed.split('\n').filter((id) => id !== '')
}

/** Takes what home sent, if it sent anything, and keeps the commit for the tasks that follow. */
export async function takeHistory(
  root: string,
  name: StoreName,
  commit: string,
  { clonePack }: SeatFiles,
): Promise<void> {
  const folder = await openStore(root, name)
  if (await pathExists(clonePack)) {
    await indexInto(folder, clonePack)
    await rm(clonePack, { force: true })
  }
  await gitOrThrow(['update-ref', `refs/starts/${commit}`, commit], inside(folder))
}

async function indexInto(store: string, pack: string): Promise<void> {
  await using indexed = streamGit(['index-pack', '--stdin', '--fix-thin'], {
    ...inside(store),
    feed: createReadStream(pack),
  })
  indexed.stdout.resume()
  await indexed.succeeded()
}

/** A repository of the seat's own, over the store, with the commit checked out by name alone: to a task it is the user's. */
export async function makeSource(root: string, name: StoreName, commit: string, { source }: SeatFiles): Promise<void> {
  const store = await openStore(root, name)
  await rm(source, { recursive: true, force: true })
  await mkdir(source, { mode: 0o700 })
  await gitOrThrow(['init', '--quiet', '--template=', `--object-format=${name.objectFormat}`, source], {
    ...{ cwd: source, trust: 'none' },
  })
  const dotGit = join(source, '.git')
  await mkdir(join(dotGit, 'objects', 'info'), { recursive: true })
  await writeFile(join(dotGit, 'objects', 'info', 'alternates'), `${join(store, 'objects')}\n`)
  await writeFile(join(dotGit, 'HEAD'), `${commit}\n`)
}

/** Takes the commits of a task that goes on into the seat's own repository, and has that stand at one of them. */
export async function standAt({ source, past }: SeatFiles, commit: string): Promise<void> {
  const dotGit = join(source, '.git')
  if (await pathExists(past.work)) {
    await indexInto(dotGit, past.work)
    await rm(past.work, { force: true })
  }
  await writeFile(join(dotGit, 'HEAD'), `${commit}\n`)
}

/** Ids by which all of the work is found: the line, and what lies beside it. A tag is one of its own. */
export const tipsOf = (
  { commit, also }: SalvagedWork,
  startCommit: string,
): readonly { id: string; from: string }[] => [
  ...(commit === startCommit ? [] : [{ id: commit, from: 'the line' }]),
  ...also.map(({ ref, commit: peeled, from }) => ({ id: ref.split('/').at(-1) ?? peeled, from })),
]

/** Writes the objects that home lacks. Deltas are between them alone, so that home can look at the pack where it lies. */
export async function packWork(
  { source }: SeatFiles,
  {
    pack,
    startCommit,
    tips,
    objects,
  }: {
    readonly pack: string
    readonly startCommit: string
    readonly tips: readonly string[]
    /** Objects beside those of the seat's repository. */
    readonly objects?: string
  },
): Promise<void> {
  await rm(pack, { force: true })
  if (tips.length === 0) return
  const input = [...tips, `^${startCommit}`].map((line) => `${line}\n`).join('')
  await using packed = streamGit(['pack-objects', '--revs', '--stdout', '--quiet', '--delta-base-offset'], {
    ...{ cwd: source, trust: 'none', input },
    env: { GIT_DIR: join(source, '.git'), ...(objects !== undefined && readingToo(objects)) },
  })
  await pipeline(packed.stdout, createWriteStream(pack, { mode: 0o600 }))
  await packed.succeeded()
}
