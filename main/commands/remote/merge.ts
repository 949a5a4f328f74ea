import { requireTaskId } from '../../api/views.ts'
import { connectToServer } from '../../web/client.ts'
import { mergedText } from '../review.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Tries again to merge what waits at a task's ref. @throws AppError('merge-failed') with the reason when it still cannot be. */
export async function merge(terminal: Terminal, idText: string): Promise<void> {
  const task_id = requireTaskId(idText)
  const server = await connectToServer(terminal.home)
  const result = await server.call('merge_task', { task_id })
  terminal.say(mergedText(result))
  if (result.merged && result.detail !== undefined) terminal.say(result.detail)
}
