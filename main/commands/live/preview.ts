import { requireTaskId } from '../../api/views.ts'
import { windowOfServer } from '../../web/window-of-server.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Prints the address of one port of a task's machine; without a port those at which its agent listens. */
export async function preview(terminal: Terminal, idText: string, port: number | undefined): Promise<void> {
  const id = requireTaskId(idText)
  const call = await windowOfServer(terminal.home)
  if (port !== undefined) {
    terminal.say((await call('openPreview', { id, port })).url)
    return
  }
  const { ports } = await call('listeningPorts', { id })
  if (ports.length === 0) terminal.note('Nothing of the agent listens at a port.')
  for (const each of ports) terminal.say(String(each))
}
