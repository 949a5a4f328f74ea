import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { run } from '../../../main/lib/processes/spawn.ts'
import { relayCommand } from '../../../main/machines/vfkit/relay.ts'
import { connected } from '../../support/connected.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('a guest that has said all gets an answer that takes its time', async () => {
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    const asked = await text(socket)
    await sleep(2_000) // Longer than the half second that socat waits by itself.
    socket.end(`you said ${asked}`)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const socket = join(await temporaryFolder(), 'forward.sock')
  const [program, ...args] = relayCommand('socat', socket, `TCP:127.0.0.1:${(server.address() as AddressInfo).port}`)
  const stop = new AbortController()
  const relay = run(program, args, {}, stop.signal)
  onTestFinished(() => {
    stop.abort()
    return relay.then(() => undefined)
  })
  const guest = await connected(socket)
  guest.end('all')
  expect(await text(guest)).toBe('you said all')
})
