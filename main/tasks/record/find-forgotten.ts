import type { TaskId } from '../../core/task/task.ts'
import { isOver } from '../../core/task/task-brief.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import type { TaskCatalog } from './task-catalog.ts'
import { taskFiles } from './task-files.ts'
import type { UnfinishedTasks } from './unfinished-tasks.ts'

/**
 * Brings the index of unfinished tasks up to date with what is on record: an entry goes when its task's end was told or it never became a
 * task, and one whose record cannot be read stays.
 * @returns those that never began: a machine that waited for a task, or a crash before a record.
 */
export async function findForgotten(
  home: string,
  index: UnfinishedTasks,
  catalog: Pick<TaskCatalog, 'open' | 'isOver'>,
  log: Log,
): Promise<readonly TaskId[]> {
  const neverBegan: TaskId[] = []
  for (const { id } of index.entries()) {
    if (catalog.open.has(id)) continue
    if (catalog.isOver(id)) {
      await index.remove(id)
      continue
    }
    const files = taskFiles(home, id)
    if (await pathExists(files.record)) {
      log.warn('an unfinished task cannot be read now', { taskId: id, folder: files.folder })
      continue
    }
    neverBegan.push(id)
    await index.remove(id)
  }
  for (const task of catalog.open.values()) if (!isOver(task)) await index.add(task.id, task.repoPath)
  return neverBegan
}
