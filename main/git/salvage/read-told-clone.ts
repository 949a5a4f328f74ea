import { mkdir, rename } from 'node:fs/promises'
import { AppError, messageOf } from '../../core/failure.ts'
import { removeTree } from '../../lib/files/remove-tree.ts'
import { isShortage } from '../../lib/shortage.ts'
import { importTips } from '../import/import-tips.ts'
import { openPack } from './open-pack.ts'
import type { LivingWork } from './read-living-clone.ts'

/**
 * What another host says that a clone held, from the pack that came with it: brought into a quarantine like that of a clone of this host, every object of it
 * checked. Nothing reaches the user's repository.
 * @throws AppError('salvage-failed') where it was refused.
 */
export async function readToldClone(
  {
    repoPath,
    commonDirectory,
    taskId,
    startCommit,
    folder,
    pack,
    told,
  }: {
    readonly repoPath: string
    readonly commonDirectory?: string | undefined
    readonly taskId: string
    readonly startCommit: string
    /** Host-only, on the pack's disk, and ours: it is made again by each reading and keeps the objects of the last one. */
    readonly folder: string
    /** Null where the commit is the start. */
    readonly pack: string | null
    readonly told: LivingWork
  },
  signal?: AbortSignal,
): Promise<LivingWork> {
  const scratch = `${folder}.new`
  await removeTree(scratch)
  await mkdir(scratch, { mode: 0o700 })
  try {
    const { receiver, view } = await openPack(scratch, { repoPath, commonDirectory, startCommit, pack }, signal)
    const tips = told.commit === startCommit ? [] : [{ id: told.commit, from: 'the line' }]
    const { graph, refused, notes } = await importTips({ view, receiver, startCommit, tips }, signal)
    if (tips.length > 0 && !(graph.has(told.commit) && graph.isRelated(told.commit)))
      throw new Error(refused[0] ?? notes[0] ?? `the commit ${told.commit.slice(0, 12)} is not among it`)
    await removeTree(folder)
    await rename(scratch, folder)
    return { commit: told.commit, notes: [...told.notes, ...notes] }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof AppError || isShortage(cause)) throw cause
    throw new AppError('salvage-failed', `What came of the clone of task ${taskId} was refused: ${messageOf(cause)}`, {
      cause,
    })
  } finally {
    await removeTree(scratch)
  }
}
