import { resolve } from 'node:path'
import { AppError } from '../core/failure.ts'
import { pathExists } from '../lib/path-exists.ts'
import { listRepositories } from '../settings/repositories.ts'
import { requireTaskId } from '../tasks/answers.ts'
import { type TaskFiles, taskFiles } from '../tasks/task-files.ts'
import { serverIfRunning } from './connection.ts'

/**
 * The folder of a task: found on disk below the registered repositories, else known to a running server, which remembers tasks
 * of repositories that were taken off the list. @throws AppError('task-unknown')
 */
export async function findTask(home: string, text: string): Promise<TaskFiles> {
  const id = requireTaskId(text)
  for (const { path } of await listRepositories(home)) {
    const files = taskFiles(path, id)
    if (await pathExists(files.events)) return files
  }
  const server = await serverIfRunning(home)
  if (server) {
    const { log_path } = await server.call('get_task_logs', { task_id: id })
    return taskFiles(resolve(log_path, '../../../..'), id) // REPO/.microvm/tasks/ID/serial.log
  }
  throw new AppError('task-unknown', `There is no task '${id}'`, { hint: 'microvm-orchestrator tasks shows them' })
}
