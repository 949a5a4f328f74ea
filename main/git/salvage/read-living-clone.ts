import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError, messageOf } from '../../core/failure.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { type StillWay, takeStill } from '../../lib/guest/take-still.ts'
import { isShortage } from '../../lib/shortage.ts'
import { locateWhatIsLeft } from '../conflicts/locate-what-is-left.ts'
import { boundedNotes, type Told } from './bounded-notes.ts'
import { gatherRepository } from './gather-repository.ts'
import { OwnCommit } from './own-commit.ts'

/** What a clone held at one moment, while its agent was working. */
export interface LivingWork {
  /** The commit that holds the files as they were then; the start where nothing differs. */
  readonly commit: string
  /** What was left out or could not be read. */
  readonly notes: readonly string[]
}

/**
 * Brings what a clone holds now into a quarantine, while its guest goes on writing. Nothing reaches the user's repository: no ref, no object.
 * Nothing in the clone is changed: it is read as a still, see `takeStill`.
 * @throws AppError('salvage-failed') when it could not be read this time.
 */
export async function readLivingClone(
  {
    repoPath,
    commonDirectory,
    workspace,
    taskId,
    startCommit,
    folder,
  }: {
    readonly repoPath: string
    readonly commonDirectory?: string | undefined
    readonly workspace: string
    readonly taskId: string
    readonly startCommit: string
    /** Host-only, on the clone's disk, and ours: it is made again by each reading and keeps the objects of the last one. */
    readonly folder: string
  },
  signal?: AbortSignal,
): Promise<LivingWork> {
  const source = await locateWhatIsLeft({ repoPath, commonDirectory }, signal)
  const scratch = `${folder}.new`
  await removeTree(scratch)
  await mkdir(scratch, { mode: 0o700 })
  try {
    const still = join(scratch, 'still')
    const told: Told = { notes: [], unsaved: [] }
    const { complete, leftOut } = await takeStill({ from: workspace, to: still, way: wayInto }, signal)
    if (!complete) told.notes.push('There are too many files to read them all while the task works')
    if (leftOut > 0) told.notes.push(`${leftOut} files could not be read, or changed meanwhile`)
    const options = { source, workspace: still, taskId, startCommit, scratch }
    const submodules = async () => new Map<string, string>()
    const { line, saved, inReceiver } = await gatherRepository(options, { told, submodules }, signal)
    const files = saved.find(({ of, isWatched }) => of === null && isWatched)
    const own = files && (await OwnCommit.of(files, { taskId, receiver: inReceiver, signal }))
    await removeTree(still)
    await removeTree(folder)
    await rename(scratch, folder)
    return { commit: own?.id ?? line.commit, notes: boundedNotes([...told.unsaved, ...told.notes]) }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof AppError || isShortage(cause)) throw cause
    throw new AppError('salvage-failed', `What task ${taskId} changed so far could not be read: ${messageOf(cause)}`, {
      hint: 'Try again: it is written at this moment',
      cause,
    })
  } finally {
    await removeTree(scratch)
  }
}

/** Copies what is only believed when it has no second name; leaves out what is nothing of the task's own. */
function wayInto(path: string): StillWay {
  if (!path.startsWith('.git/')) return 'link'
  if (/^\.git\/(lfs|modules|hooks)$/.test(path)) return 'skip'
  return path.startsWith('.git/objects/') ? 'link' : 'copy'
}
