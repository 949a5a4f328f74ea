import { once } from 'node:events'
import {
  createServer,
  get,
  request as httpRequest,
  type IncomingHttpHeaders,
  type RequestOptions,
  type Server,
} from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { AppError } from '../../../main/core/failure.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { Previews } from '../../../main/web/preview/previews.ts'
import { taskId } from '../../support/tasks.ts'

const id = taskId('abcd1234')

/** A server for development, and a proxy before it. */
async function preview(serve: (server: Server) => void) {
  const guest = createServer()
  serve(guest)
  guest.listen(0, '127.0.0.1')
  await once(guest, 'listening')
  const { port } = guest.address() as AddressInfo
  onTestFinished(() => {
    guest.closeAllConnections()
    guest.close()
  })
  const streams: Duplex[] = []
  const attachments = {
    connect: async (_id: string, to: number) => {
      const stream = connect(to, '127.0.0.1')
      streams.push(stream)
      await once(stream, 'connect').catch(() => {
        throw new AppError('guest-failed', `Nothing listens on port ${to} of this machine`)
      })
      return stream
    },
  }
  const previews = new Previews({ attachments, log: silentLog })
  onTestFinished(() => previews[Symbol.asyncDispose]())
  const url = new URL(await previews.open(id, port))
  const ask = (path: string, headers: IncomingHttpHeaders = {}, options: RequestOptions = {}) =>
    new Promise<{ status: number; headers: IncomingHttpHeaders; body: string }>((resolve, reject) => {
      const at = { host: '127.0.0.1', port: url.port, path, headers: { host: url.host, ...headers }, agent: false }
      get({ ...at, ...options }, (answer) => {
        text(answer).then((body) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body }), reject)
      }).on('error', reject)
    })
  return { previews, port, url, ask, streams }
}

test('the right name shows the page, and every other one of this host says where previews are', async () => {
  const seen: IncomingHttpHeaders[] = []
  const { previews, url, port, ask } = await preview((server) =>
    server.on('request', (request, response) => {
      seen.push(request.headers)
      response.setHeader('set-cookie', ['own=1', 'all=1; Domain=localhost'])
      response.end(`hello from ${request.url}`)
    }),
  )
  const [, secret = ''] = new RegExp(`^${id}-${port}-([0-9a-f]{16})\\.localhost$`).exec(url.hostname) ?? []
  expect(secret).not.toBe('')
  // It keeps its name, and another one has another secret.
  expect(await previews.open(id, port)).toBe(url.href)
  expect(await previews.open(id, port + 1)).not.toContain(secret)
  const shown = await ask('/a?b', { cookie: 'microvm-x=1; mine=1', authorization: 'Bearer ours' })
  expect(shown).toMatchObject({ status: 200, body: 'hello from /a?b', headers: { 'set-cookie': ['own=1'] } })
  expect(seen[0]).toMatchObject({ host: `localhost:${port}`, cookie: 'mine=1' })
  expect(seen[0]).not.toHaveProperty('authorization')
  for (const host of [
    `127.0.0.1:${url.port}`,
    `localhost:${url.port}`,
    `evil.test:${url.port}`,
    `${id}-${port}.localhost:${url.port}`,
    `${id}-${port}-${'0'.repeat(16)}.localhost:${url.port}`,
    `${id}-${port + 1}-${secret}.localhost:${url.port}`,
    `${id}-${port + 2}-${secret}.localhost:${url.port}`,
  ])
    expect(await ask('/', { host })).toMatchObject({ status: 421, body: expect.stringContaining('preview ID PORT') })
  expect(await ask('/', { origin: 'http://evil.test' })).toMatchObject({ status: 403 })
  expect(await ask('/', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' })).toMatchObject({ status: 403 })
  expect(await ask('http://169.254.169.254/')).toMatchObject({ status: 400 })
  expect(seen).toHaveLength(1)
})

test('a body goes through, with a length and without, and so does a long answer', async () => {
  const { url } = await preview((server) =>
    server.on('request', async (request, response) => response.end((await text(request)).repeat(1000))),
  )
  for (const headers of [{ 'content-length': 1000 }, { 'transfer-encoding': 'chunked' }]) {
    const options = { host: '127.0.0.1', port: url.port, method: 'PUT', headers: { host: url.host, ...headers } }
    const body = await new Promise<string>((resolve, reject) => {
      httpRequest({ ...options, agent: false }, async (answer) => resolve(await text(answer)))
        .on('error', reject)
        .end('x'.repeat(1000))
    })
    expect(body.length).toBe(1_000_000)
  }
})

test('where nothing listens, or what listens speaks no HTTP, that is said in words', async () => {
  const { previews, url, ask } = await preview((server) =>
    server.on('connection', (socket) => socket.end('SSH-2.0-x\r\n')),
  )
  expect(await ask('/')).toMatchObject({
    status: 502,
    body: expect.stringMatching(/^Port \d+ of task abcd1234 does not answer: /),
  })
  const other = new URL(await previews.open(id, 1))
  expect(other.port).toBe(url.port)
  expect(await ask('/', { host: other.host })).toMatchObject({
    ...{ status: 502, body: 'Port 1 of task abcd1234 does not answer: Nothing listens on port 1 of this machine.\n' },
  })
})

test.each([
  ['a status of zero', 'HTTP/1.1 000 x\r\n\r\n'],
  ['a status below one hundred', 'HTTP/1.1 099 x\r\n\r\n'],
  ['a status above what there is', 'HTTP/1.1 600 x\r\ncontent-length: 0\r\n\r\n'],
  ['a change of protocol', 'HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nx'],
  ['a change to no protocol', 'HTTP/1.1 101 x\r\n\r\n'],
  ['a first answer alone', 'HTTP/1.1 103 x\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 x\r\na: ${'x'.repeat(40_000)}`],
])('a guest that answers with %s costs that request alone, and its page is told', async (_, bytes) => {
  let isHonest = false
  const { url, ask, streams } = await preview((server) => {
    server.removeAllListeners('connection')
    server.on('connection', (socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        if (isHonest) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        else if (bytes.includes('103')) socket.end(bytes)
        else socket.write(bytes)
      })
    })
  })
  expect(await ask('/')).toMatchObject({ status: 502, body: expect.stringContaining('does not answer: ') })
  const headers = { host: url.host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' }
  const upgrade = httpRequest({ host: '127.0.0.1', port: url.port, path: '/', headers, agent: false }).end()
  const isSwitched = bytes.includes('Upgrade')
  const [answer, socket] = await once(upgrade, isSwitched ? 'upgrade' : 'response')
  expect(answer.statusCode).toBe(isSwitched ? 101 : 502)
  if (isSwitched) socket.destroy()
  else answer.resume()
  await expect.poll(() => streams.every((stream) => stream.destroyed)).toBe(true)
  isHonest = true
  expect(await ask('/')).toMatchObject({ status: 200, body: 'ok' })
})

test('an answer that breaks off is not taken for a whole one', async () => {
  const { ask, streams } = await preview((server) =>
    server.on('request', (_request, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('half')
      setImmediate(() => response.destroy())
    }),
  )
  await expect(ask('/').then(({ body }) => body)).rejects.toThrow()
  expect(streams.every((stream) => stream.destroyed)).toBe(true)
})

test('a WebSocket of its own page passes both ways, one of another page does not, and none where the server refuses', async () => {
  const { previews, url, port, streams } = await preview((server) => {
    server.on('upgrade', (request, socket) => {
      if (request.url === '/no') return socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n')
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Host: ')
      socket.write(`${request.headers.host} ${request.headers.origin}\r\nSet-Cookie: a=1; Domain=localhost\r\n\r\n`)
      socket.pipe(socket)
    })
  })
  const upgrade = (origin: string, path = '/hmr') =>
    new Promise<string>((resolve, reject) => {
      const headers = { host: url.host, origin, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' }
      httpRequest({ host: '127.0.0.1', port: url.port, path, headers, agent: false })
        .on('upgrade', (answer, socket) => {
          socket.once('data', (data) => {
            resolve(`${answer.headers['x-host']} ${answer.headers['set-cookie']} ${data}`)
            socket.destroy()
          })
          socket.write('ping')
        })
        .on('response', (answer) => resolve(String(answer.statusCode)))
        .on('error', reject)
        .end()
    })
  expect(await upgrade(url.origin)).toBe(`localhost:${port} http://localhost:${port} undefined ping`)
  expect(await upgrade('http://evil.test')).toBe('403')
  expect(await upgrade(url.origin, '/no')).toBe('404')
  expect(streams).toHaveLength(2)
  await expect.poll(() => streams.every((stream) => stream.destroyed)).toBe(true)

  // One that is open keeps nobody from ending.
  const headers = { host: url.host, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' }
  const open = httpRequest({ host: '127.0.0.1', port: url.port, path: '/hmr', headers, agent: false }).end()
  const [, socket] = await once(open, 'upgrade')
  socket.on('error', () => undefined)
  const gone = once(socket, 'close')
  await previews[Symbol.asyncDispose]()
  await gone
})

test('no more than 32 of one preview are under way at a time, which keeps no other from its own, and a browser that goes away makes room', async () => {
  const { previews, port, url, ask, streams } = await preview((server) => server.on('request', () => undefined))
  const waiting = Array.from({ length: 32 }, () =>
    get({ host: '127.0.0.1', port: url.port, path: '/', headers: { host: url.host }, agent: false }).on(
      'error',
      () => undefined,
    ),
  )
  await expect.poll(() => streams.length).toBe(32)
  expect(await ask('/')).toMatchObject({ status: 503 })
  // The stand-in has one guest for all tasks.
  const other = new URL(await previews.open(taskId('ef567890'), port))
  const otherAsks = get({ host: '127.0.0.1', port: url.port, path: '/', headers: { host: other.host }, agent: false })
  waiting.push(otherAsks.on('error', () => undefined))
  await expect.poll(() => streams.length).toBe(33)
  for (const request of waiting) request.destroy()
  await expect.poll(() => streams.every((stream) => stream.destroyed)).toBe(true)
})
