import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { connectQmp, type QmpEvent } from '../../../main/machines/qemu/qmp.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const greeting = '{"QMP": {"version": {}, "capabilities": []}}\r\n'

/** A socket that answers as it is told; `answer` gets each command's name and id. */
async function fakeQemu(first: string, answer: (command: string, id: number, socket: Socket) => void): Promise<string> {
  const path = join(await temporaryFolder(), 'qmp.sock')
  const server = createServer((socket) => {
    socket.write(first)
    socket.on('error', () => socket.destroy())
    socket.on('data', (data) => {
      for (const line of data.toString().trim().split('\n')) {
        const { execute, id } = JSON.parse(line) as { execute: string; id: number }
        if (execute === 'qmp_capabilities') socket.write(`{"return": {}, "id": ${id}}\n`)
        else answer(execute, id, socket)
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => void server.close())
  return path
}

const signal = AbortSignal.timeout(10_000)

test('answers find their commands whatever their order, and events come between them', async () => {
  const events: QmpEvent[] = []
  const ids: number[] = []
  const path = await fakeQemu(greeting, (_, id, socket) => {
    ids.push(id)
    if (ids.length < 2) return
    const [one, two] = ids
    socket.write(`{"return": "second", "id": ${two}}\n{"event": "SHUTDOWN", "data": {"reason": "guest-reset"}}\n`)
    socket.write(`{"error": {"class": "GenericError", "desc": "no"}, "id": ${one}}\n`)
  })
  const qmp = await connectQmp(path, (event) => events.push(event), signal)
  const first = qmp.execute('stop', signal).catch(String)
  expect(await qmp.execute('query-status', signal)).toBe('second')
  expect(await first).toContain('QEMU: no')
  expect(events).toEqual([{ name: 'SHUTDOWN', data: { reason: 'guest-reset' } }])
  qmp.close()
  await qmp.closed
})

test('a command that waits is refused when the connection ends, and when its own signal fires', async () => {
  const path = await fakeQemu(greeting, (command, _, socket) => {
    if (command === 'quit') socket.destroy()
  })
  const qmp = await connectQmp(path, () => undefined, signal)
  const cancel = new AbortController()
  const waiting = qmp.execute('stop', cancel.signal)
  cancel.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await expect(qmp.execute('quit', signal)).rejects.toThrow('closed its control socket')
  await qmp.closed
  await expect(qmp.execute('stop', signal)).rejects.toThrow()
})

test('the signal that limits connecting does not end the connection that it made', async () => {
  const path = await fakeQemu(greeting, (_, id, socket) => socket.write(`{"return": "alive", "id": ${id}}\n`))
  const connecting = new AbortController()
  const qmp = await connectQmp(path, () => undefined, connecting.signal)
  connecting.abort()
  expect(await qmp.execute('query-status', signal)).toBe('alive')
  qmp.close()
})

test('a socket that never greets is given up when the signal fires', async () => {
  const path = await fakeQemu('', () => undefined)
  await expect(connectQmp(path, () => undefined, AbortSignal.timeout(50))).rejects.toThrow('timeout')
})

test.each([
  ['no JSON', 'SSH-2.0-OpenSSH\r\n'],
  ['another protocol', '{"hello": true}\n'],
  ['a line without end', 'x'.repeat((1 << 20) + 1)],
])('%s ends the attempt to connect', async (_, first) => {
  const path = await fakeQemu(first, () => undefined)
  await expect(connectQmp(path, () => undefined, signal)).rejects.toThrow()
})
