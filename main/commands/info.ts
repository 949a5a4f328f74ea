import { basename } from 'node:path'
import { requireTaskId } from '../api/views.ts'
import { AppError } from '../core/failure.ts'
import { taskView } from '../core/task/view.ts'
import { createLog } from '../lib/log.ts'
import { loadTask } from '../tasks/record/load-tasks.ts'
import { serverIfRunning } from './terminal/connection.ts'
import { findTask } from './terminal/find-task.ts'
import { printJson } from './terminal/print-json.ts'
import type { Terminal } from './terminal/terminal.ts'

/** What `get_task_info` answers, as JSON; with no server from the task's record. */
export async function info(terminal: Terminal, idText: string): Promise<void> {
  const id = requireTaskId(idText)
  const server = await serverIfRunning(terminal.home)
  if (server) return await printJson(terminal, await server.call('get_task_info', { task_id: id }))

  const { folder } = await findTask(terminal.home, id)
  const task = await loadTask(terminal.home, id, createLog(process.stderr, 'warn'))
  if (!task)
    throw new AppError('internal', `The record of task ${basename(folder)} is damaged`, { hint: `See ${folder}` })
  await printJson(terminal, taskView(task))
}
