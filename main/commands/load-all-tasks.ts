import { briefOf, type TaskBrief } from '../core/task-brief.ts'
import { createLog } from '../lib/log.ts'
import { listRepositories } from '../settings/repositories.ts'
import { finishedIndexPath, readFinishedIndex } from '../tasks/finished-index.ts'
import { loadTasks } from '../tasks/load-tasks.ts'

/** The tasks of all registered repositories as their folders tell them, oldest first; what is damaged is warned of on stderr. */
export async function loadAllTasks(home: string): Promise<readonly TaskBrief[]> {
  const log = createLog(process.stderr, 'warn')
  const repositories = await listRepositories(home)
  const indexed = await readFinishedIndex(finishedIndexPath(home))
  const loaded = await Promise.all(repositories.map(({ path }) => loadTasks(path, log, { indexed })))
  const briefs = loaded.flatMap(({ open, over }) => [...open.map(briefOf), ...over.map(({ brief }) => brief)])
  return briefs.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
}
