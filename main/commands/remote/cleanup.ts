import { requireTaskId } from '../../api/views.ts'
import { connectToServer } from '../../web/client.ts'
import type { Terminal } from '../terminal/terminal.ts'

export async function cleanup(
  terminal: Terminal,
  idText: string,
  { deleteRef }: { readonly deleteRef: boolean },
): Promise<void> {
  const task_id = requireTaskId(idText)
  const server = await connectToServer(terminal.home)
  await server.call('cleanup_task', { task_id, delete_ref: deleteRef })
  terminal.say(`Cleaned up: ${task_id}`)
}
