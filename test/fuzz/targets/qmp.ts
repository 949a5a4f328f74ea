import { ok } from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectQmp, type QmpEvent } from '../../../main/machines/qemu/qmp.ts'
import { jsonLike } from '../mutate.ts'
import type { Target } from '../target.ts'

const lines = [
  { QMP: { version: { qemu: { micro: 2, minor: 2, major: 7 } }, capabilities: ['oob'] } },
  { return: {}, id: 1 },
  { timestamp: { seconds: 1, microseconds: 2 }, event: 'SHUTDOWN', data: { guest: true, reason: 'guest-shutdown' } },
  { return: { status: 'running' }, id: 2 },
  { error: { class: 'GenericError', desc: 'No.' }, id: 2 },
  { timestamp: { seconds: 1, microseconds: 2 }, event: 'STOP' },
]
const talk = lines.map((line) => `${JSON.stringify(line)}\r\n`).join('')

/** Something in QEMU's place says these bytes over a real socket and goes away. */
const qmp: Target = {
  name: 'QMP',
  inputs: jsonLike(
    talk,
    lines
      .slice(0, 3)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  ),
  open: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mvm-fuzz-'))
    const path = join(folder, 'qmp')
    let say: (socket: Socket) => void = () => undefined
    const server = createServer((socket) => {
      socket.on('error', () => undefined) // The client may have had enough.
      socket.resume()
      say(socket)
    })
    await new Promise<void>((resolve) => server.listen(path, resolve))
    return {
      check: async (input) => {
        say = (socket) => socket.end(input)
        const events: QmpEvent[] = []
        const never = new AbortController().signal
        try {
          const connection = await connectQmp(path, (event) => events.push(event), never)
          await connection.execute('query-status', never).catch(isError)
          await connection.closed
        } catch (error) {
          isError(error)
        }
        for (const event of events) ok(typeof event.name === 'string' && typeof event.data === 'object', 'no event')
      },
      [Symbol.asyncDispose]: async () => {
        server.close()
        await rm(folder, { recursive: true, force: true })
      },
    }
  },
}

function isError(error: unknown): void {
  ok(error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError), String(error))
}

export const machineTargets: readonly Target[] = [qmp]
