import type { RequestListener } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { type Handler, type Listener, type ListenLimits, listen } from '../../../main/lib/http/http-listener.ts'
import { readJsonBody, sendJson } from '../../../main/lib/http/http-message.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { until } from '../../support/until.ts'
import { send } from '../../support/web/mcp-endpoint.ts'
import { type Connection, dribble, naiveServer, openConnection } from '../../support/web/raw-http.ts'

/** Each attack is made on a plain server first, where it must work. */

const reads: Handler = async (request, response) => {
  const body = await readJsonBody(request, 1024)
  sendJson(response, body.kind === 'json' ? 200 : 400, { secret: body.kind })
}

async function ours(limits: Partial<ListenLimits> = {}, handler = reads, host = '127.0.0.1'): Promise<Listener> {
  const listener = await listen({
    port: 0,
    host,
    routes: { '/x': handler },
    log: silentLog,
    limits,
    allowedHosts: ['builder.example'],
  })
  onTestFinished(() => listener.close())
  return listener
}

const quick = { headersMs: 50, requestMs: 100, keepAliveMs: 50, checkMs: 10 }

test.for([
  ['a page whose name was pointed at this host', { host: 'evil.example' }],
  ['a page of another site', { origin: 'http://evil.example' }],
  ['a page of another port of this host', { origin: 'http://127.0.0.1:3000' }],
  ['a script of another site that sends no Origin', { 'sec-fetch-site': 'cross-site' }],
] as const)('%s reads the answer of a plain server, and none of ours', async ([, headers]) => {
  const naive = await naiveServer()
  expect(await send(naive.port, '/x', { headers })).toMatchObject({ status: 200, body: 'secret' })
  const { port } = await ours()
  expect((await send(port, '/x', { headers })).status).toBe(403)
})

test('headers that come byte by byte hold a plain server for as long as they like, ours until its limit', async () => {
  const naive = await openConnection((await naiveServer()).port, 'GET /x HTTP/1.1\r\nHost: localhost\r\nX: ')
  const { port } = await ours(quick)
  const slow = await openConnection(port, 'GET /x HTTP/1.1\r\nHost: localhost\r\nX: ')
  void dribble(naive)
  await dribble(slow)
  expect(slow.said()).toMatch(/^HTTP\/1\.1 408 /)
  expect(naive.isClosed()).toBe(false)
})

test('a body that comes byte by byte holds a plain server for as long as it likes, ours until its limit', async () => {
  const head = 'POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n'
  const collects: RequestListener = (request, response) => request.on('end', () => response.end()).resume()
  const naive = await openConnection((await naiveServer(collects)).port, head)
  const { port } = await ours({ ...quick }, async (request) => void (await readJsonBody(request, 10_000_000)))
  const slow = await openConnection(port, head)
  void dribble(naive)
  await dribble(slow)
  expect(slow.said()).toMatch(/^HTTP\/1\.1 408 /)
  expect(naive.isClosed()).toBe(false)
})

test.for([
  ['says nothing at all', '', { headersMs: 50, checkMs: 10 }, false],
  ['asked once and then says nothing', 'GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n', { keepAliveMs: 50 }, true],
] as const)('a client that %s keeps a plain server, and is let go by ours', async ([, text, limits, answered]) => {
  const naive = await openConnection((await naiveServer()).port, text)
  const { port } = await ours(limits, async (_request, response) => {
    await setImmediate() // An answer to a request that is not complete yet closes the connection anyway.
    sendJson(response, 200, {})
  })
  const silent = await openConnection(port, text)
  await silent.closed
  expect(silent.said().startsWith('HTTP/1.1 200 ')).toBe(answered)
  expect(naive.isClosed()).toBe(false)
})

test('headers of 200 kB are taken by a server that sets no limit, and refused by ours', async () => {
  const headers = { x: 'x'.repeat(200_000) }
  const naive = await naiveServer(undefined, { maxHeaderSize: 1_000_000 })
  expect((await send(naive.port, '/x', { headers })).status).toBe(200)
  const { port } = await ours()
  const refused = await openConnection(port, `GET /x HTTP/1.1\r\nHost: localhost\r\nX: ${headers.x}`)
  await refused.closed
  expect(refused.said()).toMatch(/^HTTP\/1\.1 431 /)
})

test('connections that are opened and held keep everybody else out of a server with a plain limit, and nobody out of ours', async () => {
  const naive = await naiveServer()
  naive.server.maxConnections = 4
  const { port } = await ours({ connections: 4, idleConnections: 4 }, (_request, response) =>
    sendJson(response, 200, {}),
  )
  const hold = async (at: number) => {
    for (let count = 0; count < 4; count++) await openConnection(at, 'GET /x HTTP/1.1\r\nX: ')
  }
  await hold(naive.port)
  await until(() =>
    send(naive.port, '/x').then(
      () => false,
      () => true,
    ),
  )
  await hold(port)
  expect((await send(port, '/x')).status).toBe(200)
})

test('a connection whose answer is being made never gives way, however many come', async () => {
  const waiting = Promise.withResolvers<void>()
  const { port } = await ours({ connections: 3, idleConnections: 2 }, async (_request, response) => {
    await waiting.promise
    sendJson(response, 200, {})
  })
  const answer = send(port, '/x')
  const idle: Connection[] = []
  for (let count = 0; count < 6; count++) idle.push(await openConnection(port))
  await until(() => idle.filter((connection) => !connection.isClosed()).length === 2)
  expect(idle.map((connection) => connection.isClosed())).toEqual([true, true, true, true, false, false])
  waiting.resolve()
  expect((await answer).status).toBe(200)
})

test('when every connection is being answered, one more is refused', async () => {
  const waiting = Promise.withResolvers<void>()
  let reached = 0
  const { port } = await ours({ connections: 2 }, async (_request, response) => {
    reached++
    await waiting.promise
    sendJson(response, 200, {})
  })
  const answers = [send(port, '/x'), send(port, '/x')]
  await until(() => reached === 2)
  const third = await openConnection(port)
  await third.closed
  waiting.resolve()
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
})

test('a body that is only begun holds no place', async () => {
  const { port } = await ours({ connections: 2, idleConnections: 2 })
  const begun = 'POST /x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{'
  const first = await openConnection(port, begun)
  await openConnection(port, begun)
  expect((await send(port, '/x', { method: 'POST', body: '{}' })).status).toBe(200)
  await first.closed
})

test('on an address that others reach, Host may be that address or a name that was given, and nothing else', async () => {
  const { port } = await ours({}, (_request, response) => sendJson(response, 200, {}), '127.0.0.7')
  const ask = async (host: string, origin?: string) => {
    const headers = `Host: ${host}\r\n${origin === undefined ? '' : `Origin: ${origin}\r\n`}Connection: close`
    const connection = await openConnection(port, `GET /x HTTP/1.1\r\n${headers}\r\n\r\n`, '127.0.0.7')
    await connection.closed
    return Number(connection.said().split(' ')[1])
  }
  expect(await ask(`127.0.0.7:${port}`)).toBe(200)
  expect(await ask('BUILDER.example:443')).toBe(200)
  expect(await ask('builder.example', 'https://builder.example')).toBe(200)
  expect(await ask(`127.0.0.7:${port}`, `http://127.0.0.7:${port}`)).toBe(200)
  expect(await ask('127.0.0.8')).toBe(403)
  expect(await ask('xbuilder.example')).toBe(403)
  expect(await ask('builder.example.evil.example')).toBe(403)
  expect(await ask('127.0.0.7', 'https://127.0.0.7')).toBe(403)
})
