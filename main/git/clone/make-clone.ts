import { join } from 'node:path'
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
  /** Of the source, from who knows them already. */
  readonly settings?: CloneSettings
}

/**
 * A clone of its own in `destination`, which exists and is empty, with the commit checked out on branch `task-ID`.
 * Answers one sentence for each thing that the clone lacks.
 */
export async function makeClone(
  source: CloneSource,
  destination: string,
  { commit, taskId, settings }: CloneStart,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const dotGit = join(destination, '.git')
  const [{ isPartial, sparse, excludesFile, ignoresCase, precomposes }, stores] = await Promise.all([
    settings ?? cloneSettings(source.path, signal),
    objectStores(source.commonDirectory),
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
    exclude: await userExcludes(source, excludesFile),
  })
  // The files come from the user's own objects, so that they need not wait for the copies.
  const [main = ''] = stores
  await together(signal, (either) => [
    copyObjects(stores, join(dotGit, 'objects'), either),
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
  ])
  return isPartial
    ? ['The repository is a partial clone: content that it has not fetched is missing in the task, too']
    : []
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
