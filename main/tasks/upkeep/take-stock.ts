import type { Task } from '../../core/task/task.ts'
import { findForgotten } from '../record/find-forgotten.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { taskFiles } from '../record/task-files.ts'
import type { UnfinishedTasks } from '../record/unfinished-tasks.ts'
import { workFolderFor } from '../record/work-places.ts'
import { reapLeftovers } from '../run/reap-leftovers.ts'
import type { RunnerContext } from '../run/task-run.ts'
import { removeWarmFolder } from '../slots/warm-machine.ts'

/**
 * At the start: reads what is on record, ends machines that no task keeps, and removes what never became a task.
 * @returns the tasks that an earlier start left unfinished, or whose end was not announced.
 */
export async function takeStock(
  context: Pick<RunnerContext, 'home' | 'driver' | 'log'> & { readonly tasksFolder?: string | null },
  catalog: TaskCatalog,
  unfinished: UnfinishedTasks,
): Promise<readonly Task[]> {
  const { home, log, tasksFolder = null } = context
  await catalog.load({ ids: unfinished.entries().map(({ id }) => id), isWhole: unfinished.isWhole })
  const neverBegan = await findForgotten(home, unfinished, catalog, log)
  const tasks = [...catalog.open.values()]
  const adoptable = new Set<string>(tasks.flatMap(({ id, machine, exit }) => (machine && !exit ? [id] : [])))
  await reapLeftovers(context, (name) => adoptable.has(name)) // Before recovery: no machine may write into work that is being salvaged.
  for (const id of neverBegan) {
    const workFolder = await workFolderFor(tasksFolder, id).catch(() => undefined) // Whoever runs a task gets the error.
    await removeWarmFolder(taskFiles(home, id, workFolder), log)
  }
  return tasks
}
