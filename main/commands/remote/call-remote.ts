import { requireTaskId } from '../../api/views.ts'
import { connectToServer } from '../../web/client.ts'
import type { Terminal } from '../terminal/terminal.ts'
import type { RemoteCommand } from './remote-command.ts'

/** What was given on the command line: the id as it was written, and the options by their fields. */
interface Given {
  readonly id: string | undefined
  readonly fields: Readonly<Record<string, unknown>>
}

/** Asks the running server and prints the answer. @throws AppError('no-server') when none runs. */
export async function callRemote(terminal: Terminal, command: RemoteCommand, { id, fields }: Given): Promise<void> {
  const request = { ...fields, ...(id !== undefined && { task_id: requireTaskId(id) }) }
  const server = await connectToServer(terminal.home)
  // The table's types hold the fields to the operation's input, and the server checks the values.
  const answer = await server.call(command.operation, request as never)
  await command.print(terminal, answer, request as never)
}
