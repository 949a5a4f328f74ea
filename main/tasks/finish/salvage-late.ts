import { errorOf } from '../../core/failure.ts'
import type { Task } from '../../core/task/task.ts'
import { commonDirectoryOf } from '../../git/repository/common-directory.ts'
import { pathExists } from '../../lib/files/look.ts'
import { filesOf } from '../record/task-files.ts'
import { TaskRecord } from '../record/task-record.ts'
import { salvageTask } from './salvage-task.ts'

/**
 * What is done about work that was not saved at the end of its task: it is saved where only the repository was missing; where its salvage
 * may be tried as often as at that end, `if-possible` or else the reason is thrown; `uncounted`, since a person asks, also where it was set aside.
 */
export type LateSalvage = 'when-repository-is-back' | 'if-possible' | 'counted' | 'uncounted'

/**
 * The task with its work saved, where that could not be done at its end; any other task as it is.
 * @throws AppError why it cannot be saved now either, where the wish is for that.
 */
export async function salvagedLate(task: Task, wish: LateSalvage, onChange: (task: Task) => void): Promise<Task> {
  const { state, work, startCommit, repoPath } = task
  if (state.phase !== 'finished' || work !== null || startCommit === null) return task
  const failure = state.outcome.kind === 'failed' ? state.outcome.failure : null
  if (wish === 'when-repository-is-back' && failure?.code !== 'repository-invalid') return task
  if (
    (await commonDirectoryOf(repoPath)) === undefined ||
    !(await pathExists(task.place ? filesOf(task).broughtWork : filesOf(task).repo))
  )
    return task
  await using record = await TaskRecord.open(task, { onChange })
  const salvaged = await salvageTask(record, { uncounted: wish === 'uncounted' })
  if ('code' in salvaged && (wish === 'counted' || wish === 'uncounted')) throw errorOf(salvaged)
  return record.task
}
