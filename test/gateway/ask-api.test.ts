import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { testGateway } from '../support/web/gateway.ts'

const key = 'sk-ant-api-real'

async function api(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const ask = (line: string, headers: readonly string[] = [], body = '') =>
  [
    `${line} HTTP/1.1`,
    'Host: 10.0.2.101',
    ...headers,
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')

test.each([
  ['x-api-key', key],
  ['authorization', `Bearer ${key}`],
] as const)('the API gets the key as %s, and nothing that the guest says of itself', async (header, value) => {
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = []
  const url = await api((request, response) => {
    seen.push({ url: request.url, headers: request.headers })
    response.end('{}')
  })
  const gateway = await testGateway({ api: { url: `${url}/prefix/`, credential: { header, key } } })
  const own = ['X-Api-Key: guest', 'Authorization: Bearer guest', 'Cookie: guest', 'Anthropic-Beta: oauth-2025-04-20']
  expect(await gateway.send(ask('POST /v1/messages?beta=true', own, '{}'))).toMatch(/^HTTP\/1\.1 200 /)
  expect(seen).toMatchObject([
    {
      url: '/prefix/v1/messages?beta=true',
      headers: { [header]: value, host: url.slice('http://'.length), 'anthropic-beta': 'oauth-2025-04-20' },
    },
  ])
  expect(JSON.stringify(seen)).not.toContain('guest')
  await gateway.writes({ verdict: 'api', host: '127.0.0.1', up: 2, down: 2 })
  expect(JSON.stringify(gateway.lines)).not.toContain(key)
})

test('where the guest has the key, its own headers go to the API', async () => {
  const seen: IncomingHttpHeaders[] = []
  const url = await api((request, response) => {
    seen.push(request.headers)
    response.end('{}')
  })
  const gateway = await testGateway({ api: { url, credential: null } })
  await gateway.send(ask('POST /v1/messages', ['X-Api-Key: guest', 'Cookie: guest'], '{}'))
  expect(seen).toMatchObject([{ 'x-api-key': 'guest', host: url.slice('http://'.length) }])
  expect(seen[0]).not.toHaveProperty('cookie')
})

test('an answer passes piece by piece, as it comes', async () => {
  const more = Promise.withResolvers<void>()
  const url = await api(async (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: first\n\n')
    await more.promise
    response.end('data: last\n\n')
  })
  const gateway = await testGateway({ api: { url, credential: { header: 'x-api-key', key } } })
  const answer = await gateway.send(ask('POST /v1/messages', [], '{}'), (all) => {
    if (all.includes('first')) more.resolve() // The API says no more until the guest has this.
    return false
  })
  expect(answer).toMatch(/first.*last/s)
})

test('paths that an agent has no use for are refused, however they are written', async () => {
  const asked: string[] = []
  const url = await api((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.end('{}')
  })
  const gateway = await testGateway({ api: { url, credential: { header: 'x-api-key', key } } })
  const refused = [
    ...[
      'GET /v1/files',
      'GET /v1/messages/batches',
      'POST /v1/messages/batches',
      'DELETE /v1/messages',
      'GET /v1/messages',
    ],
    ...['POST /v1/messages/../files', 'POST /v1/messages/%2e%2e/files', 'POST //v1/messages', 'POST /v1//messages'],
    ...[
      'POST /v1/messages/',
      'GET /v1/models/..',
      'GET /',
      'GET /api/oauth/profile',
      'POST /v1/messages#x',
      'OPTIONS *',
    ],
  ]
  for (const line of refused) {
    expect(await gateway.send(ask(line)), line).toMatch(/^HTTP\/1\.1 4\d\d /)
  }
  for (const line of [
    'POST /v1/messages',
    'POST /v1/messages/count_tokens?beta=true',
    'GET /v1/models/claude-opus-4.1',
  ]) {
    expect(await gateway.send(ask(line, [], line.startsWith('POST') ? '{}' : '')), line).toMatch(/^HTTP\/1\.1 200 /)
  }
  expect(asked).toHaveLength(3)
  const body = await gateway.send(ask('GET /v1/files'))
  expect(JSON.parse(body.slice(body.indexOf('{')))).toMatchObject({
    type: 'error',
    error: { type: 'permission_error' },
  })
})

test('a body behind a GET does not become a second request', async () => {
  const asked: string[] = []
  const url = await api((request, response) => {
    asked.push(request.url ?? '')
    response.end('{}')
  })
  const gateway = await testGateway({ api: { url, credential: { header: 'x-api-key', key } } })
  const smuggled = 'GET /v1/files HTTP/1.1\r\nHost: x\r\n\r\n'
  const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
  await gateway.send(
    `GET /v1/models HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n${chunk}`,
  )
  expect(await gateway.send(ask('GET /v1/models'))).toMatch(/^HTTP\/1\.1 200 /)
  expect(asked).toEqual(['/v1/models'])
})

test('an API that cannot be reached, or whose certificate is not trusted, is told in words of the API, without the key', async () => {
  const closed = await testGateway({ api: { url: 'http://127.0.0.1:1', credential: { header: 'x-api-key', key } } })
  const tls = createTlsServer().listen(0, '127.0.0.1')
  await once(tls, 'listening')
  onTestFinished(() => void tls.close())
  const url = `https://127.0.0.1:${(tls.address() as AddressInfo).port}`
  const untrusted = await testGateway({ api: { url, credential: { header: 'x-api-key', key } } })
  for (const gateway of [closed, untrusted]) {
    const answer = await gateway.send(ask('POST /v1/messages', [], '{}'))
    expect(answer).toMatch(/^HTTP\/1\.1 502 .*"type":"api_error"/s)
    expect(answer).not.toContain(key)
  }
})
