import { access } from 'node:fs/promises'
import type { Task, TaskId } from '../core/task.ts'
import { isOver } from '../core/task-brief.ts'
import type { Log } from '../lib/log.ts'
import { loadTask } from './load-tasks.ts'
import { type TaskFiles, taskFiles } from './task-files.ts'
import type { UnfinishedTasks } from './unfinished-tasks.ts'

export interface Forgotten {
  readonly tasks: readonly Task[]
  /** Of ids that never became a task: a machine that waited for one, or a crash before its record. */
  readonly neverBegan: readonly TaskFiles[]
}

/**
 * The unfinished tasks that the allowlist does not lead to any more: their repositories were removed from it, or moved. Brings
 * the index up to date with what is on record: an entry goes when its task's end was told or never began, and one whose
 * repository cannot be seen now (not mounted, say) stays for a later start.
 */
export async function findForgotten(
  index: UnfinishedTasks,
  known: ReadonlyMap<TaskId, Task>,
  log: Log,
  onDamaged: (message: string) => void,
): Promise<Forgotten> {
  const tasks: Task[] = []
  const neverBegan: TaskFiles[] = []
  for (const { id, repoPath } of index.entries()) {
    const task = known.get(id) ?? (await loadTask(repoPath, id, log, onDamaged))
    if (!task) {
      const seen = (await exists(repoPath)) && !(await exists(taskFiles(repoPath, id).record))
      if (seen) {
        neverBegan.push(taskFiles(repoPath, id))
        await index.remove(id)
      } else log.warn('an unfinished task cannot be found now', { taskId: id, repository: repoPath })
    } else if (isOver(task)) await index.remove(id)
    else if (!known.has(id)) tasks.push(task)
  }
  for (const task of known.values()) if (!isOver(task)) await index.add(task.id, task.repoPath)
  return { tasks, neverBegan }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
