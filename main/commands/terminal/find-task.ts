import { requireTaskId } from '../../api/views.ts'
import { AppError } from '../../core/failure.ts'
import { silentLog } from '../../lib/log.ts'
import { loadTask } from '../../tasks/record/load-tasks.ts'
import { filesOf, type TaskFiles } from '../../tasks/record/task-files.ts'

/** The files of a task of this home; asks no server. @throws AppError('task-unknown') */
export async function findTask(home: string, text: string): Promise<TaskFiles> {
  const id = requireTaskId(text)
  const task = await loadTask(home, id, silentLog)
  if (task) return filesOf(task)
  throw new AppError('task-unknown', `There is no task '${id}'`, { hint: 'microvm-orchestrator tasks shows them' })
}
