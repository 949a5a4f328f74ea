import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Tasks } from '../contract.ts'

/** These tasks, and all that were started in place of one of them, at any distance. */
export async function runsOf(ids: readonly TaskId[], tasks: Pick<Tasks, 'find'>): Promise<readonly TaskBrief[]> {
  const found = new Map<TaskId, TaskBrief>()
  const asked = new Set<TaskId>()
  for (let next: readonly TaskId[] = [...new Set(ids)]; next.length > 0; ) {
    for (const id of next) asked.add(id)
    for (const task of await tasks.find({ kind: 'runs', of: next })) found.set(task.id, task)
    next = [...found.keys()].filter((id) => !asked.has(id))
  }
  return [...found.values()]
}
