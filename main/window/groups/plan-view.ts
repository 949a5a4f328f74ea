import type { TaskRow } from '../../../preload/live-state.ts'
import type { PlanView } from '../../../preload/plan.ts'
import { requireTaskId } from '../../api/views.ts'
import { AppError } from '../../core/failure.ts'
import { planGraph } from '../../core/plan/graph.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Tasks } from '../../tasks/contract.ts'
import { kinOf } from './kin-of.ts'

/** What the window shows of the tasks that come before and after one. @throws AppError('task-unknown') */
export async function planView(
  id: string,
  tasks: Pick<Tasks, 'find'>,
  rowOf: (task: TaskBrief) => TaskRow,
): Promise<PlanView> {
  const asked = requireTaskId(id)
  const graph = planGraph(asked, await kinOf(asked, tasks))
  if (!graph) throw new AppError('task-unknown', `There is no task ${id}`, { hint: 'It may have been cleaned up' })
  return {
    id: graph.id,
    tasks: graph.tasks.map(({ task, after }) => ({ row: rowOf(task), after })),
    omitted: graph.omitted,
  }
}
