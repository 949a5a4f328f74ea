import type { TaskId } from '../task/task.ts'
import type { TaskBrief } from '../task/task-brief.ts'
import { TasksById } from './readiness.ts'

export interface PlanGraph {
  /** Of the plan that the task is of; null where it is of none. */
  readonly id: string | null
  /** The last run of each task, with the tasks of the graph that it comes after. */
  readonly tasks: readonly { readonly task: TaskBrief; readonly after: readonly TaskId[] }[]
  /** How many more there are. */
  readonly omitted: number
}

/** Tasks beside those of one plan may be any number. */
export const mostInGraph = 200

/**
 * The tasks that a task belongs together with: all of its plan, and whatever these come after; of a task with no plan those before it and those that
 * follow, at any distance. A task that was run again is there once, as its last run. Undefined where there is no such task. Pure.
 */
export function planGraph(id: TaskId, tasks: readonly TaskBrief[]): PlanGraph | undefined {
  const runs = new TasksById(tasks)
  const lastOf = (one: TaskId): TaskId => runs.lastRunOf(one)?.id ?? one
  const last = new Map(tasks.filter((task) => lastOf(task.id) === task.id).map((task) => [task.id, task]))
  const start = last.get(lastOf(id))
  if (!start) return undefined
  const before = (task: TaskBrief): readonly TaskId[] =>
    [...new Set((task.after ?? []).map(lastOf))].filter((other) => last.has(other) && other !== task.id)
  const plan = start.plan?.id ?? null
  const found = plan === null ? around(start, last, before) : ofPlan(plan, last, before)
  const shown = new Set([...found].slice(0, mostInGraph))
  return {
    id: plan,
    tasks: [...last.values()]
      .filter((task) => shown.has(task.id))
      .map((task) => ({ task, after: before(task).filter((other) => shown.has(other)) })),
    omitted: found.size - shown.size,
  }
}

type Before = (task: TaskBrief) => readonly TaskId[]

function ofPlan(plan: string, tasks: ReadonlyMap<TaskId, TaskBrief>, before: Before): ReadonlySet<TaskId> {
  const own = [...tasks.values()].filter((task) => task.plan?.id === plan)
  return new Set([...own.map(({ id }) => id), ...own.flatMap(before)])
}

function around(start: TaskBrief, tasks: ReadonlyMap<TaskId, TaskBrief>, before: Before): ReadonlySet<TaskId> {
  const after = new Map<TaskId, TaskId[]>()
  for (const task of tasks.values())
    for (const other of before(task)) after.set(other, [...(after.get(other) ?? []), task.id])
  const found = new Set([start.id])
  for (const id of found) {
    const task = tasks.get(id)
    for (const next of [...(task ? before(task) : []), ...(after.get(id) ?? [])]) found.add(next)
  }
  return found
}
