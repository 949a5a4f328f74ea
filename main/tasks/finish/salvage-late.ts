import type { Task } from '../../core/task/task.ts'
import { commonDirectoryOf } from '../../git/repository/common-directory.ts'
import { pathExists } from '../../lib/files/look.ts'
import { filesOf } from '../record/task-files.ts'
import { TaskRecord } from '../record/task-record.ts'
import { salvageTask } from './finish-task.ts'

/**
 * The task with its work saved, where that could not be done at its end because its repository was gone, and it is there again. Any other
 * task as it is; one whose work cannot be saved now either, too: what wants the work says so.
 */
export async function salvagedLate(task: Task, onChange: (task: Task) => void): Promise<Task> {
  const { state, work, repoPath } = task
  const failure = state.phase === 'finished' && state.outcome.kind === 'failed' ? state.outcome.failure : null
  if (failure?.code !== 'repository-invalid' || work !== null) return task
  if ((await commonDirectoryOf(repoPath)) === undefined || !(await pathExists(filesOf(task).repo))) return task
  await using record = await TaskRecord.open(task, { onChange })
  await salvageTask(record)
  return record.task
}
