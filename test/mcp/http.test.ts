import { connect as connectSocket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import type { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import {
  callTool,
  connect,
  initializeBody,
  mcpHeaders,
  type RawAnswer,
  send,
  startEndpoint,
} from '../support/web/mcp-endpoint.ts'

const post = (port: number, body: string | Buffer, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  send(port, '/mcp', { method: 'POST', headers: { ...mcpHeaders, ...headers }, body })

const initialize = (port: number, headers: Record<string, string> = {}) => post(port, initializeBody, headers)

const sessionOf = (client: Client): string => (client.transport as StreamableHTTPClientTransport).sessionId ?? ''

const toolsList = JSON.stringify({ jsonrpc: '2.0', id: 2, method: 'tools/list' })

function errorOf({ body }: RawAnswer): { code: number; message: string } {
  const parsed = JSON.parse(body) as { jsonrpc: string; id: unknown; error: { code: number; message: string } }
  expect(parsed).toMatchObject({ jsonrpc: '2.0', id: null })
  expect(body).not.toMatch(/node_modules|\bat .*:\d+:\d+/)
  return parsed.error
}

test.for([
  ['a Host of another name', { host: 'evil.example:8765' }],
  ['a Host that only starts like ours', { host: '127.0.0.1.evil.example' }],
  ['a Host with a user', { host: 'evil@127.0.0.1' }],
  ['a foreign Origin', { origin: 'http://evil.example' }],
  ['the Origin of a sandboxed page', { origin: 'null' }],
  ['the Origin of another port of this host', { origin: 'http://127.0.0.1:3000' }],
  ['a secure Origin', { origin: 'https://127.0.0.1' }],
  ['an empty Origin', { origin: '' }],
  ['a cross-site fetch with no Origin', { 'sec-fetch-site': 'cross-site' }],
  ['a fetch from another port', { 'sec-fetch-site': 'same-site' }],
] as const)('%s is refused with 403 for every method, and no CORS header', async ([, headers]) => {
  const { port } = await startEndpoint()
  for (const method of ['POST', 'GET', 'DELETE', 'OPTIONS', 'HEAD']) {
    const answer = await send(port, '/mcp', {
      method,
      headers: { ...mcpHeaders, ...headers },
      ...(method === 'POST' && { body: initializeBody }),
    })
    expect(answer.status).toBe(403)
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
  }
})

test('a request with no Host is refused', async () => {
  const { port } = await startEndpoint()
  const socket = connectSocket(port, '127.0.0.1')
  socket.write('GET /mcp HTTP/1.0\r\n\r\n')
  let answer = ''
  for await (const chunk of socket.setEncoding('utf8')) answer += chunk
  expect(answer).toMatch(/^HTTP\/1\.1 403 /)
})

test('our own names pass with any port in the Host, and our own Origin too', async () => {
  const { port } = await startEndpoint()
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'localhost', 'LOCALHOST:9000']) {
    expect((await initialize(port, { host })).status).toBe(200)
    expect((await initialize(port, { host, origin: `http://${host.toLowerCase()}` })).status).toBe(200)
  }
})

test('a body over 4 MiB is answered with 413, whether its length was told or not', async () => {
  const { port } = await startEndpoint()
  const large = Buffer.alloc(4 * 1024 * 1024 + 1, 0x20)
  const told = await post(port, large)
  expect(told.status).toBe(413)
  expect(errorOf(told).message).toContain('4194304')
  const untold = await post(port, large, { 'transfer-encoding': 'chunked' })
  expect(untold.status).toBe(413)
})

test('a text of 1 MB passes the limit and is refused by what it says', async () => {
  const { url } = await startEndpoint()
  const client = await connect(url)
  const { value } = await callTool(client, 'run_task', { description: 'x'.repeat(1_000_000), repo: 'project' })
  expect(value.code).toBe('description-invalid')
})

test.for(['{"jsonrpc": "2.0", "id": 1,', '', '\u0000', 'undefined'])('the body %j is a parse error', async (body) => {
  const { port } = await startEndpoint()
  const answer = await post(port, body)
  expect(answer.status).toBe(400)
  expect(errorOf(answer).code).toBe(-32700)
})

test.for([
  '7',
  'null',
  '{}',
  '{"jsonrpc":"1.0","id":null,"method":"ping"}',
  '[{"x":1}]',
  `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
])('JSON that is no message (%#) is refused within a session and without', async (body) => {
  const { port, url } = await startEndpoint()
  const client = await connect(url)
  for (const headers of [{}, { 'mcp-session-id': sessionOf(client) }]) {
    const answer = await post(port, body, headers)
    expect(answer.status).toBe(400)
    expect(errorOf(answer).code).toBe(-32600)
  }
  expect((await callTool(client, 'list_slots')).isError).toBe(false)
})

test('a batch of more than a hundred is refused before any of it is answered', async () => {
  const { port, url } = await startEndpoint()
  const client = await connect(url)
  const batch = (count: number) =>
    JSON.stringify(Array.from({ length: count }, (_, id) => ({ ...JSON.parse(toolsList), id })))
  const headers = { 'mcp-session-id': sessionOf(client) }
  expect(errorOf(await post(port, batch(101), headers))).toMatchObject({ code: -32600 })
  expect((await post(port, batch(100), headers)).body.length).toBeGreaterThan(50 * batch(100).length)
})

test('a request without a session is told to initialize, one of an unknown session gets 404', async () => {
  const { port } = await startEndpoint()
  expect(await post(port, toolsList)).toMatchObject({ status: 400 })
  for (const method of ['POST', 'GET', 'DELETE']) {
    const answer = await send(port, '/mcp', {
      method,
      headers: { ...mcpHeaders, 'mcp-session-id': '0198c0de-0000-4000-8000-000000000000' },
      ...(method === 'POST' && { body: toolsList }),
    })
    expect(answer.status).toBe(404)
    expect(errorOf(answer).code).toBe(-32001)
  }
})

test('DELETE ends a session and cuts off its waiting calls', async () => {
  const { port, url, tasks } = await startEndpoint()
  const client = await connect(url)
  await tasks.run({ description: 'x', repo: 'project' })
  const waiting = client.callTool({ name: 'wait_next_event', arguments: {} }).catch(() => 'cut off')
  const id = sessionOf(client)
  expect((await send(port, '/mcp', { method: 'DELETE', headers: { 'mcp-session-id': id } })).status).toBe(200)
  expect((await post(port, toolsList, { 'mcp-session-id': id })).status).toBe(404)
  await client.close()
  expect(await waiting).toBe('cut off')
})

test('the event stream opens by GET, once a session', async () => {
  const { port, url } = await startEndpoint()
  const client = await connect(url) // Opens its own stream after the handshake.
  const headers = { accept: 'text/event-stream', 'mcp-session-id': sessionOf(client) }
  await until(async () => {
    const stop = new AbortController()
    const { status } = await fetch(url, { headers, signal: stop.signal })
    stop.abort()
    return status === 409
  })
  expect((await send(port, '/mcp', { headers: { 'mcp-session-id': sessionOf(client) } })).status).toBe(406)
})

test.for(['PUT', 'PATCH', 'OPTIONS', 'HEAD'])('%s is not allowed', async (method) => {
  const { port } = await startEndpoint()
  const answer = await send(port, '/mcp', { method })
  expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, POST, DELETE' } })
})

test('other paths do not exist', async () => {
  const { port } = await startEndpoint()
  for (const path of ['/', '/mcpx', '/mcp/x', '/mcp//', '/favicon.ico', '//evil.example/mcp', '/%6dcp']) {
    expect((await send(port, path)).status).toBe(404)
  }
  expect((await send(port, '/mcp?client=laptop')).status).toBe(400)
})

test.for(['a b', 'x'.repeat(65), '../x', 'ä'])('the client id %j is refused', async (id) => {
  const { port } = await startEndpoint()
  const answer = await send(port, `/mcp?client=${encodeURIComponent(id)}`, {
    method: 'POST',
    headers: mcpHeaders,
    body: initializeBody,
  })
  expect(answer.status).toBe(400)
  expect(errorOf(answer).message).toContain('client id')
})

test('a session that the transport refuses to start is forgotten at once', async () => {
  const { port, tasks } = await startEndpoint()
  const { events } = tasks
  const join = events.join
  let here = 0
  events.join = async (name, options) => {
    const consumer = await join.call(events, name, options)
    here++
    return { ...consumer, leave: () => here-- }
  }
  await initialize(port)
  expect(here).toBe(1)
  expect((await initialize(port, { accept: 'text/html' })).status).toBe(406)
  await until(() => here === 1)
})

test('when there are too many sessions the one that has been idle longest makes room, never one in use', async () => {
  const { port, url } = await startEndpoint({ limits: { maxSessions: 2 } })
  const ids: string[] = []
  for (let count = 0; count < 3; count++) ids.push(String((await initialize(port)).headers['mcp-session-id']))
  const status = async (id: string | undefined) => (await post(port, toolsList, { 'mcp-session-id': id ?? '' })).status
  expect(await status(ids[0])).toBe(404)
  expect([await status(ids[1]), await status(ids[2])]).toEqual([200, 200])

  const stop = new AbortController()
  for (const id of ids.slice(1)) {
    const stream = await fetch(url, {
      headers: { accept: 'text/event-stream', 'mcp-session-id': id },
      signal: stop.signal,
    })
    expect(stream.status).toBe(200)
  }
  const refused = await initialize(port)
  expect(refused.status).toBe(503)
  expect(errorOf(refused).message).toContain('too many sessions')
  stop.abort()
  await until(async () => (await initialize(port)).status === 200)
})

test('an idle session is forgotten', async () => {
  const { port } = await startEndpoint({ limits: { idleMs: 20 } })
  const id = String((await initialize(port)).headers['mcp-session-id'])
  await until(async () => {
    await sleep(100) // Asking keeps it alive.
    return (await post(port, toolsList, { 'mcp-session-id': id })).status === 404
  })
})
