import { once } from 'node:events'
import { request } from 'node:http'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { GuestConnections } from '../../main/fleet/node/guest-connections.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function opened(holdMs: number) {
  const gatewaySocket = join(await temporaryFolder(), 'gateway', 'g.sock')
  const connections = await GuestConnections.open({ gatewaySocket }, holdMs)
  const ask = (body: string) => {
    const asked = request({ socketPath: gatewaySocket, path: '/v1/messages', method: 'POST' })
    asked.end(body)
    return once(asked, 'response').then(async ([response]) => ({
      status: response.statusCode as number,
      headers: response.headers as Record<string, string>,
      body: await text(response),
    }))
  }
  return { gatewaySocket, connections, ask }
}

const home = (heard: string[], answer?: () => void) => ({
  write: async (_channel: number, bytes: Uint8Array) => {
    heard.push(Buffer.from(bytes).toString())
    answer?.()
  },
  passed: () => undefined,
  end: () => undefined,
})

test('a request waits for home, and goes on when it is there', async () => {
  const { connections, ask } = await opened(60_000)
  using _open = connections
  const answer = ask('what the agent asks')
  const [heard, dialled]: [string[], number[]] = [[], []]
  await expect.poll(() => connections.waiting).toBe(1)
  const dials = connections.attach(
    home(heard, () => dials.take(dialled[0] ?? 0, Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'))),
    (channel) => dialled.push(channel),
  )
  expect(await answer).toMatchObject({ status: 200, body: 'hi' })
  expect(heard.join('')).toContain('what the agent asks')
})

test('one for which home does not come is told so before its agent gives it up, however much it had to say', async () => {
  const { gatewaySocket, connections, ask } = await opened(50)
  using _open = connections
  const { status, headers, body } = await ask('x'.repeat(3_000_000))
  expect({ status, retry: headers['retry-after'] }).toEqual({ status: 503, retry: '30' })
  expect(JSON.parse(body)).toMatchObject({ type: 'error', error: { type: 'api_error' } })
  expect(connections.waiting).toBe(0)
  // One that says nothing, and one that goes away, are no trouble.
  const silent = createConnection({ path: gatewaySocket, allowHalfOpen: true })
  expect(await text(silent)).toContain('503')
  silent.destroy()
  createConnection(gatewaySocket).destroy()
  await expect.poll(() => connections.waiting).toBe(0)
})
