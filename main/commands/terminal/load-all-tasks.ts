import { briefOf, type TaskBrief } from '../../core/task/task-brief.ts'
import { createLog } from '../../lib/log.ts'
import { readFinishedIndex } from '../../tasks/record/finished-index.ts'
import { loadTasks } from '../../tasks/record/load-tasks.ts'

/** The tasks of the home as their folders tell them, oldest first; what is damaged is warned of on stderr. */
export async function loadAllTasks(home: string): Promise<readonly TaskBrief[]> {
  const log = createLog(process.stderr, 'warn')
  const { open, over } = await loadTasks(home, log, { indexed: await readFinishedIndex(home) })
  const briefs = [...open.map(briefOf), ...over.map(({ brief }) => brief)]
  return briefs.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
}
