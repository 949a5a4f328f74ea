import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { RecentMap } from '../../lib/recent-map.ts'
import { gitOrThrow } from '../process/git.ts'
import { type CloneSettings, cloneSettings } from '../repository/clone-settings.ts'
import { objectStores } from '../repository/object-stores.ts'
import { userExcludes } from '../repository/user-excludes.ts'
import { copyObjects } from './copy-objects.ts'
import { writeCloneFolder } from './write-clone-folder.ts'

/** A repository of the user's, as far as a clone needs to know it. */
export interface CloneSource {
  /** A folder in which git finds the repository: the work tree, or its `.git` folder. */
  readonly path: string
  readonly commonDirectory: string
  readonly gitDirectory: string
  readonly objectFormat: 'sha1' | 'sha256'
  readonly isShallow: boolean
}

export interface CloneStart {
  readonly commit: string
  readonly taskId: string
  /** Of the source, from who has asked for them already. */
  readonly settings?: CloneSettings | undefined
}

export interface MadeClone {
  /** Whether the source lacks objects that its remote has. */
  readonly isPartial: boolean
  /** What the clone lacks, one sentence each. */
  readonly notes: readonly string[]
}

/** A clone of its own in `destination`, which exists and is empty, with the commit checked out on branch `task-ID`. */
export async function makeClone(
  source: CloneSource,
  destination: string,
  start: CloneStart,
  signal?: AbortSignal,
): Promise<MadeClone> {
  const { isPartial } = await fillAsSet(source, destination, start, signal)
  return { isPartial, notes: isPartial ? [partialNote] : [] }
}

const partialNote = 'The repository is a partial clone: content that it has not fetched is missing in the task, too'

/** What repositories were set to when they were cloned last. */
const lastSettings = new RecentMap<string, CloneSettings>(200)

/** Whether a clone of it need not wait for its settings. */
export const isSetAsKnown = (path: string): boolean => lastSettings.get(path) !== undefined

/**
 * Fills the clone as the source is set, which it answers. A source that was cloned before is asked beside that whether it is set as it was
 * then; where it is not, what was made is thrown away.
 */
async function fillAsSet(
  source: CloneSource,
  destination: string,
  start: CloneStart,
  signal?: AbortSignal,
): Promise<CloneSettings> {
  const last = start.settings ? undefined : lastSettings.get(source.path)
  let asked: Promise<CloneSettings> | undefined
  const ask = () => {
    asked ??= start.settings ? Promise.resolve(start.settings) : cloneSettings(source.path, signal)
    return asked
  }
  if (last) {
    try {
      await fill(source, destination, { ...start, settings: last }, signal, async () => {
        if (!isDeepStrictEqual(await ask(), last)) throw new SettingsChanged()
      })
      return last
    } catch (error) {
      signal?.throwIfAborted()
      if (isDeepStrictEqual(await ask(), last)) throw error
      await removeTree(destination)
      await mkdir(destination)
    }
  }
  const settings = await ask()
  await fill(source, destination, { ...start, settings }, signal)
  lastSettings.set(source.path, settings)
  return settings
}

class SettingsChanged extends Error {
  override readonly name = 'SettingsChanged'
}

async function fill(
  source: CloneSource,
  destination: string,
  { commit, taskId, settings }: CloneStart & { readonly settings: CloneSettings },
  signal?: AbortSignal,
  /** Waited for as well. */
  beside: () => Promise<void> = async () => undefined,
): Promise<void> {
  const dotGit = join(destination, '.git')
  const { isPartial, sparse, excludesFile, ignoresCase, precomposes } = settings
  const [stores, exclude] = await Promise.all([
    objectStores(source.commonDirectory),
    userExcludes(source, excludesFile),
  ])
  await writeCloneFolder(dotGit, {
    objectFormat: source.objectFormat,
    branch: `task-${taskId}`,
    commit,
    userName: `Claude Task (${taskId})`,
    userEmail: `task-${taskId}@microvm-orchestrator.invalid`,
    isPartial,
    ignoresCase,
    precomposes,
    sparse: sparse && { ...sparse, patternsFile: join(source.gitDirectory, 'info', 'sparse-checkout') },
    shallowFile: source.isShallow ? join(source.commonDirectory, 'shallow') : null,
    exclude,
  })
  // The files come from the user's own objects, so that they need not wait for the copies.
  const [main = ''] = stores
  await together(signal, (either) => [
    gitOrThrow(
      ['read-tree', '-m', '-u', commit],
      {
        cwd: destination,
        trust: 'none',
        env: { GIT_DIR: dotGit, GIT_WORK_TREE: destination, GIT_OBJECT_DIRECTORY: main },
        config: ['checkout.workers=0'],
      },
      either,
    ),
    copyObjects(stores, join(dotGit, 'objects'), either),
    beside(),
  ])
}

/** Waits for all; when one fails the others are stopped and have ended before the error is thrown. */
async function together(
  signal: AbortSignal | undefined,
  start: (either: AbortSignal) => readonly Promise<unknown>[],
): Promise<void> {
  const failed = new AbortController()
  const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const started = start(either)
  let first: unknown
  const settled = started.map((promise) =>
    promise.catch((error: unknown) => {
      first ??= error
      failed.abort(error)
    }),
  )
  await Promise.all(settled)
  if (failed.signal.aborted) throw first
}
