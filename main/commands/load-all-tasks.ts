import type { Task } from '../core/task.ts'
import { createLog } from '../lib/log.ts'
import { listRepositories } from '../settings/repositories.ts'
import { loadTasks } from '../tasks/load-tasks.ts'

/** The tasks of all registered repositories as their folders tell them, oldest first; what is damaged is warned of on stderr. */
export async function loadAllTasks(home: string): Promise<readonly Task[]> {
  const log = createLog(process.stderr, 'warn')
  const repositories = await listRepositories(home)
  const tasks = await Promise.all(repositories.map(({ path }) => loadTasks(path, log)))
  return tasks.flat().sort((a, b) => a.createdAt.localeCompare(b.createdAt))
}
