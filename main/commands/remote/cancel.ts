import { requireTaskId } from '../../api/views.ts'
import { connectToServer } from '../../web/client.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Stops a task; returns when the stop is on record, and `wait` or `info` tells the end. */
export async function cancel(terminal: Terminal, idText: string): Promise<void> {
  const task_id = requireTaskId(idText)
  const server = await connectToServer(terminal.home)
  await server.call('cancel_task', { task_id })
  terminal.say(`Cancelled: ${task_id}`)
}
