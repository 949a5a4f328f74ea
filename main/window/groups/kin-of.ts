import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { byCreation } from '../../core/task/wanted-tasks.ts'
import type { Tasks } from '../../tasks/contract.ts'

/** A graph shows fewer, see `mostInGraph`; of more than these not even the number is told. */
const most = 2_000

/** All tasks that a task belongs together with, at any distance: of its plan, before it or after it, and started in place of one of these. Oldest first. */
export async function kinOf(id: TaskId, tasks: Pick<Tasks, 'find'>): Promise<readonly TaskBrief[]> {
  const found = new Map<TaskId, TaskBrief>()
  const asked = new Set<TaskId>()
  const plans = new Set<string>()
  for (let next: readonly TaskId[] = [id]; next.length > 0 && found.size < most; ) {
    for (const one of next) asked.add(one)
    const near = [
      ...(await tasks.find({ kind: 'runs', of: next })),
      ...(await tasks.find({ kind: 'after', one: next })),
    ]
    for (const { plan } of near) {
      if (!plan || plans.has(plan.id)) continue
      plans.add(plan.id)
      near.push(...(await tasks.find({ kind: 'plan', plan: plan.id })))
    }
    for (const task of near) found.set(task.id, task)
    const named = near.flatMap(({ id: own, after = [], retries }) => [own, ...after, ...(retries ? [retries] : [])])
    next = [...new Set(named)].filter((one) => !asked.has(one))
  }
  return [...found.values()].toSorted(byCreation)
}
