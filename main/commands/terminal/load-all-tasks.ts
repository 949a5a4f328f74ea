import { briefOf, type TaskBrief } from '../../core/task/task-brief.ts'
import { byCreation } from '../../core/task/wanted-tasks.ts'
import { createLog } from '../../lib/log.ts'
import { FinishedIndex } from '../../tasks/history/finished-index.ts'
import { loadTasks } from '../../tasks/record/load-tasks.ts'

/** The tasks of the home as their folders tell them, oldest first; what is damaged is warned of on stderr. */
export async function loadAllTasks(home: string): Promise<readonly TaskBrief[]> {
  const log = createLog(process.stderr, 'warn')
  using index = FinishedIndex.read(home)
  const indexed = new Map(index.all().map((entry) => [entry.id, entry]))
  const { open, over } = await loadTasks(home, log, { indexed })
  return [...open.map(briefOf), ...over].toSorted(byCreation)
}
