import { requireTaskId } from '../../api/views.ts'
import { connectToServer } from '../../web/client.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Starts a task that resolves another one's conflicts, and prints its id. */
export async function resolve(terminal: Terminal, idText: string): Promise<void> {
  const task_id = requireTaskId(idText)
  const server = await connectToServer(terminal.home)
  terminal.say((await server.call('resolve_task', { task_id })).task_id)
}
