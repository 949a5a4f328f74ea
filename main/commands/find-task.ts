import { AppError } from '../core/failure.ts'
import { parseTaskId, type TaskId } from '../core/task.ts'
import { pathExists } from '../lib/path-exists.ts'
import { listRepositories } from '../settings/repositories.ts'
import { type TaskFiles, taskFiles } from '../tasks/task-files.ts'

/** @throws AppError('task-unknown') when the text is no id. */
export function requireTaskId(text: string): TaskId {
  const id = parseTaskId(text)
  if (id) return id
  throw new AppError('task-unknown', `There is no task '${text.slice(0, 80)}'`, {
    hint: 'An id is eight hexadecimal digits; microvm-orchestrator tasks shows them',
  })
}

/** The folder of a task of any registered repository, found on disk. @throws AppError('task-unknown') */
export async function findTask(home: string, text: string): Promise<TaskFiles> {
  const id = requireTaskId(text)
  for (const { path } of await listRepositories(home)) {
    const files = taskFiles(path, id)
    if (await pathExists(files.events)) return files
  }
  throw new AppError('task-unknown', `There is no task '${id}'`, { hint: 'microvm-orchestrator tasks shows them' })
}
