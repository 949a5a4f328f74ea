import { describe, expect, test } from 'vitest'
import { recordingUpstream } from '../support/claude/recording-upstream.ts'
import { testGateway } from '../support/web/gateway.ts'

const key = 'sk-ant-api-real'
const messages = '{"model":"m","messages":[]}'
const head = (line: string, ...headers: readonly string[]) => [line, 'Host: api', ...headers, '', ''].join('\r\n')
const sized = (text: string) => `Content-Length: ${text.length}`
const post = (headers: readonly string[], rest: string) => head('POST /v1/messages HTTP/1.1', ...headers) + rest
const chunk = (text: string, extension = '') => `${text.length.toString(16)}${extension}\r\n${text}\r\n`
const chunkedBody = `${chunk(messages)}0\r\n\r\n`
const hidden = head('GET /v1/files HTTP/1.1')

/** What the API sees of a request that passes; anything else, and any second request on its connection, fails the test. */
const framed = (url: string, request: { readonly line: string; readonly body?: string }, headers = '') =>
  `${request.line} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${headers}x-api-key: ${key}\r\n${
    request.body === undefined ? '' : `Content-Length: ${request.body.length}\r\n`
  }Connection: close\r\n\r\n${request.body ?? ''}`

const sent = { line: 'POST /v1/messages', body: messages }
const models = { line: 'GET /v1/models' }

interface Form {
  readonly name: string
  readonly bytes: string
  /** Left out, nothing of it reaches the API. */
  readonly passes?: { readonly line: string; readonly body?: string }
}

const forms: readonly Form[] = [
  { name: 'a plain request', bytes: post([sized(messages)], messages), passes: sent },
  { name: 'chunks', bytes: post(['Transfer-Encoding: chunked'], chunkedBody), passes: sent },
  { name: 'neither a length nor chunks, so nothing to say', bytes: post([], '') },
  // Lengths.
  { name: 'a GET with a body', bytes: head('GET /v1/models HTTP/1.1', sized(hidden)) + hidden },
  { name: 'a GET with chunks', bytes: head('GET /v1/models HTTP/1.1', 'Transfer-Encoding: chunked') + chunkedBody },
  { name: 'a GET with a length and nothing behind it', bytes: head('GET /v1/models HTTP/1.1', 'Content-Length: 9') },
  { name: 'two lengths', bytes: post([sized(messages), 'Content-Length: 0'], messages) },
  { name: 'the same length twice', bytes: post([sized(messages), sized(messages)], messages) },
  { name: 'two lengths in one', bytes: post([`Content-Length: ${messages.length}, 0`], messages) },
  ...['+27', '-1', '0x1b', '27 27', '1e1', '2 7', '', '27;', '99999999999999999999'].map((length) => ({
    name: `a length of '${length}'`,
    bytes: post([`Content-Length: ${length}`], messages),
  })),
  { name: 'a space before the colon', bytes: post([`Content-Length : ${messages.length}`], messages) },
  { name: 'a space before the name', bytes: post(['X: 1', ` Content-Length: ${messages.length}`], messages) },
  // Chunks.
  { name: 'a length and chunks', bytes: post(['Content-Length: 4', 'Transfer-Encoding: chunked'], chunkedBody) },
  { name: 'chunks and a length', bytes: post(['Transfer-Encoding: chunked', 'Content-Length: 4'], chunkedBody) },
  ...[
    'xchunked',
    'chunked, identity',
    'identity',
    'gzip, chunked',
    'chunked, chunked',
    '"chunked"',
    '\x0bchunked',
    'CHUNKED',
    'chunked;q=1',
  ].map((coding) => ({ name: `a coding of '${coding}'`, bytes: post([`Transfer-Encoding: ${coding}`], chunkedBody) })),
  { name: 'two codings', bytes: post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], chunkedBody) },
  { name: 'a folded coding', bytes: post(['Transfer-Encoding:\r\n chunked'], chunkedBody) },
  { name: 'a coding with a space before its colon', bytes: post(['Transfer-Encoding : chunked'], chunkedBody) },
  { name: 'chunks in HTTP/1.0', bytes: chunkedIn('HTTP/1.0') },
  {
    name: 'chunk extensions',
    bytes: post(['Transfer-Encoding: chunked'], `${chunk(messages, ';a="b"')}0;c\r\n\r\n`),
    passes: sent,
  },
  {
    name: 'trailers',
    bytes: post(
      ['Transfer-Encoding: chunked', 'Trailer: X-Api-Key'],
      `${chunk(messages)}0\r\nX-Api-Key: guest\r\n\r\n`,
    ),
    passes: sent,
  },
  ...['0x1b', '-1', '+1b', '1b ', ' 1b', 'fffffffffffffffff', '1_b', ''].map((size) => ({
    name: `a chunk of '${size}' bytes`,
    bytes: post(['Transfer-Encoding: chunked'], `${size}\r\n${messages}\r\n0\r\n\r\n`),
  })),
  {
    name: 'a chunk that ends with a bare line feed',
    bytes: post(['Transfer-Encoding: chunked'], `1b\n${messages}\n0\n\n`),
  },
  {
    name: 'a chunk longer than it says',
    bytes: post(['Transfer-Encoding: chunked'], `1a\r\n${messages}\r\n0\r\n\r\n`),
  },
  // The bytes of the head.
  { name: 'bare line feeds', bytes: post([sized(messages)], messages).replaceAll('\r\n', '\n') },
  { name: 'a bare carriage return', bytes: post([`X: 1\rContent-Length: 0`, sized(messages)], messages) },
  { name: 'a bare line feed in a value', bytes: post([`X: 1\nContent-Length: 0`, sized(messages)], messages) },
  { name: 'a NUL in a value', bytes: post(['X: a\0b', sized(messages)], messages) },
  { name: 'a NUL in a name', bytes: post(['X\0: a', sized(messages)], messages) },
  { name: 'a folded header', bytes: post(['X: a', ' Content-Length: 0', sized(messages)], messages) },
  { name: 'a header without a name', bytes: post([': x', sized(messages)], messages) },
  { name: 'a header without a colon', bytes: post(['GET /v1/files HTTP/1.1', sized(messages)], messages) },
  { name: 'no version', bytes: 'GET /v1/models\r\n\r\n' },
  { name: 'HTTP/0.9', bytes: 'GET /v1/models HTTP/0.9\r\nHost: api\r\n\r\n' },
  { name: 'HTTP/1.0', bytes: 'GET /v1/models HTTP/1.0\r\nHost: api\r\n\r\n' },
  { name: 'HTTP/2', bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' },
  { name: 'HTTP/1.2', bytes: 'GET /v1/models HTTP/1.2\r\nHost: api\r\n\r\n' },
  { name: 'two spaces in the first line', bytes: head('GET  /v1/models HTTP/1.1'), passes: models },
  { name: 'a tab in the first line', bytes: head('GET\t/v1/models HTTP/1.1') },
  { name: 'a space in the path', bytes: head('GET /v1/models HTTP/1.1 HTTP/1.1') },
  { name: 'no host', bytes: 'GET /v1/models HTTP/1.1\r\n\r\n' },
  { name: 'two hosts', bytes: head('GET /v1/models HTTP/1.1', 'Host: evil.example') },
  // Whom and what it is for.
  ...[
    ...['http://api/v1/models', 'http://127.0.0.1/v1/files', 'https://api/v1/models', '//v1/models', '/v1//models'],
    ...['/v1/models/', '/v1/models/../files', '/v1/models/%2e%2e/files', '/v1/models/..%2ffiles', '/v1/models/.'],
    ...['/v1/%6dodels', '/V1/models', '/v1/models;x', '/v1/models#x', '/v1/models?a=%0d%0a', '/v1/models\\..\\files'],
    ...['/v1/models/a/b', '*', 'api:443', '/v1/files', '/v1/models?x=1?/../', '\u00ff/v1/models'],
  ].map((target) => ({ name: `the target ${target}`, bytes: head(`GET ${target} HTTP/1.1`) })),
  ...['get', 'HEAD', 'PUT', 'GETX', 'M-SEARCH', 'PROPFIND', 'TRACE', 'OPTIONS'].map((method) => ({
    name: `the method ${method}`,
    bytes: head(`${method} /v1/models HTTP/1.1`),
  })),
  { name: 'a method that a header changes', bytes: head('GET /v1/files HTTP/1.1', 'X-HTTP-Method-Override: POST') },
  // What is of one connection, or for a proxy.
  ...[
    'Connection: keep-alive, x-api-key',
    'Connection: content-length, host',
    'Keep-Alive: timeout=1000',
    'TE: trailers',
    'Trailer: Content-Length',
    'Expect: 100-continue',
    'Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
    'Upgrade: websocket\r\nConnection: Upgrade',
    'Proxy-Authorization: Basic x',
    'Proxy-Connection: keep-alive',
    'X-Forwarded-Host: evil.example',
    'X-Original-URL: /v1/files',
    'X-Rewrite-URL: /v1/files',
    'Cookie: a=b',
    'X-Api-Key: guest',
    'Authorization: Bearer guest',
    'X-A: GET /v1/files/secret/content HTTP/1.0',
  ].map((header) => ({ name: `'${header}'`, bytes: post([header, sized(messages)], messages), passes: sent })),
]

function chunkedIn(version: string): string {
  return [`POST /v1/messages ${version}`, 'Host: api', 'Transfer-Encoding: chunked', '', chunkedBody].join('\r\n')
}

test.each(forms)('$name: the API gets one request of the gateway or none', async ({ bytes, passes }) => {
  const upstream = await recordingUpstream()
  const gateway = await testGateway({ api: { url: upstream.url, credential: { header: 'x-api-key', key } } })
  const answer = await gateway.send(
    Buffer.from(bytes, 'latin1'),
    (all) => /^HTTP\/1\.1 (?!100)[\s\S]*\r\n\r\n/m.test(all) || all.endsWith('{}'),
  )
  expect(answer).toMatch(passes ? /HTTP\/1\.1 200 OK/ : /^(HTTP\/1\.1 (4\d\d|505) |$)/)
  expect(upstream.connections).toEqual(passes ? [framed(upstream.url, passes)] : [])
  // Whatever it was, the next request is one of its own.
  await gateway.send(head('GET /v1/models HTTP/1.1', 'X-A: GET /v1/files HTTP/1.0'), (all) => all.endsWith('{}'))
  expect(upstream.connections.at(-1)).toBe(framed(upstream.url, models))
  expect(upstream.connections).toHaveLength(passes ? 2 : 1)
})

describe('more than one request on a connection of the guest', () => {
  test('each has a connection of its own to the API, where nothing of another can be', async () => {
    const upstream = await recordingUpstream()
    const gateway = await testGateway({ api: { url: upstream.url, credential: { header: 'x-api-key', key } } })
    const socket = await gateway.open()
    let answers = ''
    socket.on('data', (bytes) => {
      answers += bytes.toString('latin1')
    })
    for (const count of [1, 2, 3]) {
      socket.write(post([sized(messages)], messages))
      await expect.poll(() => answers.split('HTTP/1.1 200 OK')).toHaveLength(count + 1)
    }
    expect(upstream.connections).toEqual(Array(3).fill(framed(upstream.url, sent)))
  })

  test('one that comes before the answer to the first ends the connection', async () => {
    const upstream = await recordingUpstream()
    const gateway = await testGateway({ api: { url: upstream.url, credential: { header: 'x-api-key', key } } })
    const pipelined = post([sized(messages)], messages).repeat(50)
    expect(await gateway.send(pipelined)).toBe('')
    expect(upstream.connections.length).toBeLessThanOrEqual(1)
  })
})

test('what comes behind the last request of a connection reaches the API in no way', async () => {
  const upstream = await recordingUpstream()
  const gateway = await testGateway({ api: { url: upstream.url, credential: { header: 'x-api-key', key } } })
  await gateway.send(post([sized(messages), 'Connection: close'], messages + hidden))
  await gateway.send(head('GET /v1/models HTTP/1.1'), (all) => all.endsWith('{}'))
  expect(upstream.connections.at(-1)).toBe(framed(upstream.url, models))
  for (const earlier of upstream.connections.slice(0, -1)) expect(framed(upstream.url, sent)).toContain(earlier)
})

test('headers that tell the API how to read a request pass once each, and no others', async () => {
  const upstream = await recordingUpstream()
  const gateway = await testGateway({ api: { url: upstream.url, credential: { header: 'x-api-key', key } } })
  const told = ['anthropic-version: 2023-06-01', 'Anthropic-Beta: a', 'Content-Type: application/json', 'User-Agent: c']
  await gateway.send(
    post([...told, 'Anthropic-Beta: b', 'X-Anything: 1', 'Content-Encoding: gzip', sized(messages)], messages),
    (all) => all.endsWith('{}'),
  )
  expect(upstream.connections).toEqual([framed(upstream.url, sent, told.map((each) => `${each}\r\n`).join(''))])
})

describe('an answer', () => {
  const answered = async (bytes: string, end = true) => {
    const upstream = await recordingUpstream(bytes, { end })
    const gateway = await testGateway({ api: { url: upstream.url, credential: { header: 'x-api-key', key } } })
    return await gateway.send(head('GET /v1/models HTTP/1.1'), (all) => all.endsWith('0\r\n\r\n') || all.endsWith('}'))
  }

  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"a'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n'],
  ])('with $0 that breaks off never looks whole', async (_, bytes) => {
    const answer = await answered(bytes)
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(answer).toMatch(/Content-Length: 10\r\n|Transfer-Encoding: chunked\r\n/i)
    expect(answer).not.toMatch(/0\r\n\r\n$/)
  })

  test.each([
    ['ends before its head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['has a length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}'],
    ['has two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['has a NUL', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\n{}'],
    ['is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['switches protocols', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'],
  ])('that %s is an error in words of the API', async (_, bytes) => {
    expect(await answered(bytes)).toMatch(/^HTTP\/1\.1 502 .*"type":"api_error"/s)
  })

  test('comes without what is of the connection to the API, and with no second answer behind it', async () => {
    const second = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond'
    const first =
      'HTTP/1.1 200 OK\r\nConnection: x-hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nSet-Cookie: a=b\r\nProxy-Authenticate: x\r\nX-Kept: 1\r\nContent-Length: 2\r\n\r\n{}'
    const answer = await answered(first + second)
    expect(answer).toContain('X-Kept: 1\r\n')
    expect(answer).not.toMatch(/x-hop|set-cookie|proxy-|timeout=5\r\n.*timeout|second/is)
  })
})
