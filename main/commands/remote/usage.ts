import { connectToServer } from '../../web/client.ts'
import { printJson } from '../terminal/print-json.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** What takes how much room, as JSON. */
export async function usage(terminal: Terminal): Promise<void> {
  const server = await connectToServer(terminal.home)
  await printJson(terminal, await server.call('usage', {}))
}
