import { AppError } from '../core/failure.ts'
import { pathExists } from '../lib/path-exists.ts'
import { listRepositories } from '../settings/repositories.ts'
import { requireTaskId } from '../tasks/answers.ts'
import { type TaskFiles, taskFiles } from '../tasks/task-files.ts'

/** The folder of a task of any registered repository, found on disk. @throws AppError('task-unknown') */
export async function findTask(home: string, text: string): Promise<TaskFiles> {
  const id = requireTaskId(text)
  for (const { path } of await listRepositories(home)) {
    const files = taskFiles(path, id)
    if (await pathExists(files.events)) return files
  }
  throw new AppError('task-unknown', `There is no task '${id}'`, { hint: 'microvm-orchestrator tasks shows them' })
}
