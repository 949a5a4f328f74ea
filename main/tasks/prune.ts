import { join } from 'node:path'
import { AppError } from '../core/failure.ts'
import type { By } from '../core/may-publish.ts'
import type { TaskId } from '../core/task.ts'
import type { TaskBrief } from '../core/task-brief.ts'
import { readTaskRef } from '../git/read-task-ref.ts'
import type { Log } from '../lib/log.ts'
import { removeTree } from '../lib/remove-tree.ts'
import { findGuestImage } from '../machines/guest-image.ts'
import type { Tasks } from './contract.ts'
import { type DiskPlaces, type DiskUsage, diskUsage } from './disk-usage.ts'

export interface PruneRequest {
  /** Work that waits for a person's decision stays where a person can decide of it, unless a person asks. */
  readonly by: By
  /** Nothing is deleted, only told. */
  readonly dryRun: boolean
  /** Finished tasks that ended longer ago go. Default 14, unless `maxGiB` is given: then none for its age. */
  readonly keepDays?: number
  /** The oldest go until the folders of all tasks take no more than this. */
  readonly maxGiB?: number
}

export type PruneReport = {
  dry_run: boolean
  freed_bytes: number
  tasks: { task_id: string; repo: string; bytes: number }[]
  images: { key: string; bytes: number }[]
}

const dayMs = 24 * 60 * 60_000
const gibibyte = 1024 ** 3
const defaultDays = 14

interface Prunable extends Pick<Tasks, 'list' | 'cleanup'> {
  mayCleanUp(id: TaskId, by: By): Promise<boolean>
}

/**
 * Deletes folders of finished tasks, oldest first, whose work is on the branch or at its ref, and guest images that are no longer
 * in use while no task runs. Refs are never deleted, and a task whose only copy of its work is its folder is never touched.
 */
export async function prune(
  tasks: Prunable,
  places: DiskPlaces,
  request: PruneRequest,
  log: Log,
): Promise<PruneReport> {
  const all = await tasks.list()
  const usage = await diskUsage(places, all)
  const taken = bytesByTask(usage)
  const report: PruneReport = { dry_run: request.dryRun, freed_bytes: 0, tasks: [], images: [] }
  for (const task of choose(all, usage, request, Date.now())) {
    if (!(await isSafe(task)) || !(await tasks.mayCleanUp(task.id, request.by))) continue
    const bytes = taken.get(task.id) ?? 0
    if (!request.dryRun && !(await cleanUp(tasks, task, request.by))) continue
    report.tasks.push({ task_id: task.id, repo: task.repo, bytes })
  }
  if (all.every(({ state }) => state.phase === 'finished')) {
    for (const image of await oldImages(places.cacheDirectory, usage)) {
      if (!request.dryRun) await removeTree(join(places.cacheDirectory ?? '', 'images', image.key))
      report.images.push(image)
    }
  }
  report.freed_bytes = [...report.tasks, ...report.images].reduce((sum, { bytes }) => sum + bytes, 0)
  if (!request.dryRun)
    log.info('pruned', { tasks: report.tasks.length, images: report.images.length, bytes: report.freed_bytes })
  return report
}

/** The finished tasks that have to go by age or by room, oldest first. Pure. */
export function choose(
  tasks: readonly TaskBrief[],
  usage: Pick<DiskUsage, 'tasks'>,
  { keepDays, maxGiB }: Omit<PruneRequest, 'dryRun' | 'by'>,
  now: number,
): readonly TaskBrief[] {
  const days = keepDays ?? (maxGiB === undefined ? defaultDays : Number.POSITIVE_INFINITY)
  const most = maxGiB === undefined ? Number.POSITIVE_INFINITY : maxGiB * gibibyte
  const bytes = bytesByTask(usage)
  let taken = usage.tasks.reduce((sum, task) => sum + task.bytes, 0)
  const ended = tasks.filter(({ announcedSeq, finishedAt }) => announcedSeq !== null && finishedAt !== null)
  return ended
    .toSorted((a, b) => (a.finishedAt ?? '').localeCompare(b.finishedAt ?? ''))
    .filter((task) => {
      const goes = now - Date.parse(task.finishedAt ?? '') > days * dayMs || taken > most
      if (goes) taken -= bytes.get(task.id) ?? 0
      return goes
    })
}

/** Whether the task's work is somewhere else than in its folder. */
async function isSafe({ id, repoPath, startCommit, state, work }: TaskBrief): Promise<boolean> {
  if (state.phase !== 'finished') return false
  if (startCommit === null || state.outcome.kind === 'merged' || state.outcome.kind === 'unchanged') return true
  if (!work) return false
  return work.ref === null || (await readTaskRef(repoPath, id)) === work.commit
}

const bytesByTask = ({ tasks }: Pick<DiskUsage, 'tasks'>): ReadonlyMap<string, number> =>
  new Map(tasks.map(({ task_id, bytes }) => [task_id, bytes]))

/** False when its folder was removed by hand meanwhile. */
async function cleanUp(tasks: Pick<Tasks, 'cleanup'>, { id }: TaskBrief, by: By): Promise<boolean> {
  try {
    await tasks.cleanup(id, { deleteRef: false, by })
    return true
  } catch (error) {
    if (error instanceof AppError && error.code === 'task-unknown') return false
    throw error
  }
}

/** None when it cannot be told which one is in use. */
async function oldImages(cacheDirectory: string | undefined, usage: DiskUsage): Promise<DiskUsage['images']> {
  if (cacheDirectory === undefined) return []
  const current = await findGuestImage(cacheDirectory)
  return current ? usage.images.filter(({ key }) => key !== current.key) : []
}
