import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import type { By } from '../../core/merge/may-publish.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Log } from '../../lib/log.ts'
import { chooseGuest, type GuestChoice, usualGuest } from '../../machines/choose-guest.ts'
import { findGuestImage } from '../../machines/guest-image.ts'
import type { PruneReport, PruneRequest } from '../contract.ts'
import type { EndedTasks } from '../finish/ended-tasks.ts'
import { workIsElsewhere } from '../finish/work-is-elsewhere.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import type { Deletions } from './deletions.ts'
import { type DiskPlaces, type DiskUsage, diskUsage } from './disk-usage.ts'

const dayMs = 24 * 60 * 60_000
const gibibyte = 1024 ** 3
const defaultDays = 14

type Places = DiskPlaces & Partial<GuestChoice>

export interface Prunable {
  readonly catalog: Pick<TaskCatalog, 'list' | 'get'>
  readonly ended: Pick<EndedTasks, 'cleanUp' | 'mayCleanUp'>
}

/**
 * Deletes folders of finished tasks, oldest first, whose work is on the branch or at its ref, and guest images that are no longer
 * in use while no task runs. Refs are never deleted, and a task whose only copy of its work is its folder is never touched. What cannot be
 * deleted is reported, and keeps nothing else from being deleted.
 */
export async function prune(
  { catalog, ended }: Prunable,
  places: Places,
  deletions: Deletions,
  request: PruneRequest,
  log: Log,
): Promise<PruneReport> {
  if (!request.dryRun) await deletions.retry()
  const all = await catalog.list()
  const usage = await diskUsage(places, all)
  const taken = bytesByTask(usage)
  const report: PruneReport = { dry_run: request.dryRun, freed_bytes: 0, tasks: [], images: [], left: [] }
  for (const task of choose(all, usage, request, Date.now())) {
    if (!(await workIsElsewhere(await catalog.get(task.id))) || !(await ended.mayCleanUp(task.id, request.by))) continue
    const bytes = taken.get(task.id) ?? 0
    if (!request.dryRun && !(await cleanUp(ended, task, request.by, log))) continue
    report.tasks.push({ task_id: task.id, repo: task.repo, bytes })
  }
  if (all.every(({ state }) => state.phase === 'finished')) {
    for (const image of await oldImages(places, usage)) {
      const path = join(places.cacheDirectory ?? '', 'images', image.key)
      if (request.dryRun || (await deletions.remove(path)) === null) report.images.push(image)
    }
  }
  report.freed_bytes = [...report.tasks, ...report.images].reduce((sum, { bytes }) => sum + bytes, 0)
  report.left = [...deletions.left]
  if (!request.dryRun)
    log.info('pruned', { tasks: report.tasks.length, images: report.images.length, bytes: report.freed_bytes })
  return report
}

/** The finished tasks that have to go by age or by room, oldest first. Pure. */
function choose(
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

const bytesByTask = ({ tasks }: Pick<DiskUsage, 'tasks'>): ReadonlyMap<string, number> =>
  new Map(tasks.map(({ task_id, bytes }) => [task_id, bytes]))

/** False when its folder was removed by hand meanwhile, or cannot be: neither keeps the next one from going. */
async function cleanUp(ended: Pick<EndedTasks, 'cleanUp'>, { id }: TaskBrief, by: By, log: Log): Promise<boolean> {
  try {
    await ended.cleanUp(id, { deleteRef: false, by })
    return true
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'task-unknown')) {
      log.warn('a task could not be pruned', { taskId: id, reason: String(error) })
    }
    return false
  }
}

/** None when it is not known which one is in use. */
async function oldImages(
  { cacheDirectory, guest = usualGuest.guest, guestImage = usualGuest.guestImage }: Places,
  usage: DiskUsage,
): Promise<DiskUsage['images']> {
  if (cacheDirectory === undefined) return []
  const current = await findGuestImage(cacheDirectory, chooseGuest({ guest, guestImage }))
  return current ? usage.images.filter(({ key }) => key !== current.key) : []
}
