import { connectToServer } from '../../web/client.ts'
import { printJson } from '../terminal/print-json.ts'
import type { Terminal } from '../terminal/terminal.ts'

/** Prints what `wait_next_event` answers; all `wait` commands of a home are one consumer, so each end is printed once. */
export async function wait(terminal: Terminal, timeoutMs: number): Promise<void> {
  const server = await connectToServer(terminal.home)
  await printJson(terminal, await server.call('wait_next_event', { client: 'cli', timeout_ms: timeoutMs }))
}
