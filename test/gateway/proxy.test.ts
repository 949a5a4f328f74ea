import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { recordingUpstream } from '../support/claude/recording-upstream.ts'
import { until } from '../support/until.ts'
import { clientHello, inRecordsOf } from '../support/web/client-hello.ts'
import { echo, type GatewayOptions, testGateway } from '../support/web/gateway.ts'

const connectTo = (target: string) => `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`
/** A gateway whose list has `listed.example`, which leads to the port. */
const listedAt = (port: number, options: GatewayOptions = {}) =>
  testGateway({
    hosts: ['listed.example'],
    names: { 'listed.example': ['198.18.0.7'] },
    internet: { '198.18.0.7': port },
    ...options,
  })

const established = 'HTTP/1.1 200 Connection established\r\n\r\n'

test('a listed host is connected to, both ways, and how much went over it is written down', async () => {
  const { port, heard } = await echo()
  const gateway = await listedAt(port)
  const answer = await gateway.send(`${connectTo('LISTED.example.:443')}early`, (all) => all.endsWith('EARLY'))
  expect(answer).toBe(`${established}EARLY`)
  expect(heard).toEqual(['early'])
  expect(gateway.dialed).toEqual(['198.18.0.7:443'])
  await gateway.writes({ verdict: 'ended' })
  expect(gateway.lines).toEqual([
    { verdict: 'reached', host: 'listed.example', port: 443 },
    { verdict: 'ended', host: 'listed.example', port: 443, up: 5, down: 5 },
  ])
})

test('bytes that come later pass too, in both directions, until either side ends', async () => {
  const { port, heard } = await echo()
  const gateway = await listedAt(port, { hosts: ['listed.example:22'] })
  const socket = await gateway.open()
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.write(connectTo('listed.example:22'))
  await until(() => answer === established)
  for (const [word, reply] of [
    ['one', 'ONE'],
    ['two', 'ONETWO'],
  ] as const) {
    socket.write(word)
    await until(() => answer === established + reply)
  }
  socket.end()
  await once(socket, 'close')
  expect(heard.join('')).toBe('onetwo')
  await gateway.writes({ verdict: 'ended', up: 6, down: 6 })
})

test('a guest that says all it has to say at once, and no more, has it heard and answered', async () => {
  const { port, heard } = await echo()
  const gateway = await listedAt(port)
  const socket = await gateway.open()
  socket.end(`${connectTo('listed.example:80')}all`)
  expect(await text(socket)).toBe(`${established}ALL`)
  expect(heard).toEqual(['all'])
})

test('what is not listed is refused, written down, and not even asked for by name', async () => {
  const gateway = await testGateway({ hosts: ['listed.example'] })
  for (const target of ['evil.example:443', 'listed.example:22', '127.0.0.1:80', '[::1]:80', '198.18.0.7:443']) {
    expect(await gateway.send(connectTo(target))).toMatch(/^HTTP\/1\.1 403 .*may not reach it/s)
  }
  expect(await gateway.send(connectTo('listed.example'))).toMatch(/^HTTP\/1\.1 400 /)
  expect(gateway.asked).toEqual([])
  expect(gateway.dialed).toEqual([])
  expect(gateway.lines.map((line) => ('reason' in line ? line.reason : line.verdict))).toEqual([
    ...Array(5).fill('not-listed'),
    'malformed',
  ])
})

describe('a listed name that leads inside is refused', () => {
  test.each([
    ...['127.0.0.1', '10.1.2.3', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '224.0.0.1'],
    ...['::1', '::ffff:10.1.2.3', 'fd00::1', 'fe80::1', '64:ff9b::7f00:1', '203.0.113.9'],
  ])('%s', async (address) => {
    const gateway = await testGateway({
      hosts: ['listed.example'],
      names: { 'listed.example': [address] },
      ownAddresses: ['127.0.0.1', '203.0.113.9'],
    })
    expect(await gateway.send(connectTo('listed.example:443'))).toMatch(/^HTTP\/1\.1 403 /)
    expect(await gateway.send('GET http://listed.example/ HTTP/1.1\r\nHost: listed.example\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 403 /,
    )
    expect(gateway.dialed).toEqual([])
    const line = { verdict: 'refused', host: 'listed.example', reason: 'address-refused' }
    expect(gateway.lines).toEqual([expect.objectContaining(line), expect.objectContaining(line)])
  })

  test('unless the address is listed itself; its own addresses the host never gives', async () => {
    const { port } = await echo()
    const gateway = await testGateway({
      hosts: ['git.example', '10.1.2.3', '10.9.9.9', '127.0.0.1'],
      names: { 'git.example': ['10.1.2.4', '10.9.9.9', '10.1.2.3'] },
      internet: { '10.1.2.3': port, '10.9.9.9': port },
      ownAddresses: ['10.9.9.9'],
    })
    expect(await gateway.send(`${connectTo('git.example:443')}x`, (all) => all.endsWith('X'))).toContain('200')
    for (const target of ['10.9.9.9:443', '127.0.0.1:443']) {
      expect(await gateway.send(connectTo(target))).toMatch(/^HTTP\/1\.1 403 /)
    }
    expect(gateway.dialed).toEqual(['10.1.2.3:443'])
  })
})

test('the address that was checked is the one that is connected to: a name is asked for once', async () => {
  const { port } = await echo()
  const gateway = await listedAt(port)
  await gateway.send(`${connectTo('listed.example:443')}x`, (all) => all.endsWith('X'))
  expect([gateway.asked, gateway.dialed]).toEqual([['listed.example'], ['198.18.0.7:443']])
})

test('a name without an address and an address that nobody answers at are failures, not refusals', async () => {
  const gateway = await testGateway({
    hosts: ['unknown.example', 'down.example'],
    names: { 'down.example': ['198.18.0.7', '198.18.0.8'] },
  })
  expect(await gateway.send(connectTo('unknown.example:443'))).toMatch(/^HTTP\/1\.1 502 .*no address/s)
  expect(await gateway.send(connectTo('down.example:443'))).toMatch(/^HTTP\/1\.1 502 /)
  expect(gateway.dialed).toEqual(['198.18.0.7:443', '198.18.0.8:443'])
  expect(gateway.lines.map((line) => ('reason' in line ? line.reason : ''))).toEqual(['name-unknown', 'unreachable'])
})

describe('TLS over a tunnel', () => {
  const start = async () => {
    const { port, heard } = await echo()
    const gateway = await listedAt(port, { hosts: ['listed.example', '198.18.0.7'] })
    return { gateway, heard }
  }
  const through = (target: string, hello: Buffer) => Buffer.concat([Buffer.from(connectTo(target)), hello])

  test('passes where it greets the host that was asked for', async () => {
    const { gateway, heard } = await start()
    const hello = await clientHello('listed.example')
    await gateway.send(through('listed.example:443', hello), (all) => all.length > established.length)
    expect(heard.join('')).toBe(hello.toString('latin1'))
    await gateway.send(through('198.18.0.7:443', await clientHello('')), (all) => all.length > established.length)
  })

  test('for another host does not: not a byte of it', async () => {
    const { gateway, heard } = await start()
    for (const name of ['evil.example', '']) {
      const hello = await clientHello(name)
      for (const greeting of [hello, inRecordsOf(1, hello)]) {
        expect(await gateway.send(through('listed.example:443', greeting))).toBe(established)
      }
    }
    expect(heard).toEqual([])
    expect(gateway.lines.filter((line) => 'reason' in line && line.reason === 'tls-name')).toHaveLength(4)
  })

  test('that never ends its greeting is closed', async () => {
    const { gateway, heard } = await start()
    const endless = Buffer.concat(
      Array.from({ length: 5 }, () => Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0]), Buffer.alloc(0x4000, 1)])),
    )
    endless.set([1, 0xff, 0xff, 0xff], 5)
    expect(await gateway.send(through('listed.example:443', endless))).toBe(established)
    expect(heard).toEqual([])
  })
})

test('plain HTTP reaches a listed host, under the name that was checked and without headers for the proxy', async () => {
  const seen: unknown[] = []
  const site = createServer(async (request, response) => {
    seen.push({ url: request.url, headers: request.headers, body: await text(request) })
    response.writeHead(201, { 'x-answer': 'yes', 'set-cookie': ['a=1', 'b=2'] }).end('done')
  }).listen(0, '127.0.0.1')
  await once(site, 'listening')
  onTestFinished(() => void site.close())
  const gateway = await listedAt((site.address() as AddressInfo).port, { hosts: ['listed.example:8080'] })
  const headers = 'Host: evil.example\r\nProxy-Authorization: Basic x\r\nConnection: x-drop\r\nX-Drop: 1\r\nX-Keep: 1'
  for (const method of ['POST', 'DELETE']) {
    const answer = await gateway.send(
      `${method} http://listed.example:8080/path?query=1 HTTP/1.1\r\n${headers}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n`,
      (all) => all.endsWith('done\r\n0\r\n\r\n'),
    )
    expect(answer).toMatch(/^HTTP\/1\.1 201 .*x-answer: yes\r\nset-cookie: a=1\r\nset-cookie: b=2\r\n/s)
  }
  const expected = { url: '/path?query=1', body: 'body', headers: { host: 'listed.example:8080', 'x-keep': '1' } }
  expect(seen).toEqual([expect.objectContaining({ url: expected.url }), expect.anything()])
  expect(seen).toMatchObject([expected, expected])
  expect(JSON.stringify(seen)).not.toMatch(/evil|x-drop|basic/i)
  expect(gateway.dialed).toEqual(['198.18.0.7:8080', '198.18.0.7:8080'])
})

test.each([
  [
    'GET',
    ['Content-Length: 5', 'Connection: content-length, te', 'TE: trailers'],
    'hello',
    'Content-Length: 5\r\n',
    'hello',
  ],
  [
    'POST',
    ['Transfer-Encoding: chunked'],
    '5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\n',
    'Transfer-Encoding: chunked\r\n',
    '5\r\nhello\r\n0\r\n\r\n',
  ],
  ['POST', ['Content-Length: 0'], '', 'Content-Length: 0\r\n', ''],
  ['GET', ['Keep-Alive: 5', 'Upgrade: h2c', 'Proxy-Connection: keep-alive'], '', '', ''],
] as const)('%s with %j goes on framed by the gateway', async (method, headers, body, framing, sent) => {
  const upstream = await recordingUpstream()
  const gateway = await listedAt(upstream.port)
  const bytes = [`${method} http://listed.example/path HTTP/1.1`, 'Host: evil.example', ...headers, '', body].join(
    '\r\n',
  )
  await gateway.send(bytes, (all) => all.endsWith('{}'))
  const head = `${method} /path HTTP/1.1\r\nHost: listed.example\r\n${framing}Connection: close\r\n\r\n`
  await until(async () => upstream.connections[0]?.endsWith(sent) === true)
  expect(upstream.connections).toEqual([head + sent])
})

test.each([
  ['two hosts', ['Host: a.example', 'Host: listed.example']],
  ['two lengths', ['Host: a', 'Content-Length: 0', 'Content-Length: 0']],
  ['a length and chunks', ['Host: a', 'Content-Length: 0', 'Transfer-Encoding: chunked']],
  ['a coding that is none', ['Host: a', 'Transfer-Encoding: Chunked']],
])('a request with %s goes nowhere', async (_, headers) => {
  const gateway = await testGateway({ hosts: ['listed.example'], names: { 'listed.example': ['198.18.0.7'] } })
  const bytes = ['GET http://listed.example/ HTTP/1.1', ...headers, '', '0', '', ''].join('\r\n')
  expect(await gateway.send(bytes)).toMatch(/^HTTP\/1\.1 400 /)
  expect(gateway.dialed).toEqual([])
})

test.each([
  'GET https://listed.example/',
  'GET ftp://listed.example/',
  'GET http://u:p@listed.example/',
  'GET listed.example',
])('%s is no request that goes through', async (line) => {
  const gateway = await testGateway({ hosts: ['listed.example'] })
  expect(await gateway.send(`${line} HTTP/1.1\r\nHost: listed.example\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 /)
  expect(gateway.dialed).toEqual([])
})

test('without an API of its own it has nothing for requests with a path', async () => {
  const gateway = await testGateway({ hosts: ['listed.example'] })
  const answer = await gateway.send('GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 404 /)
})

describe('a guest that floods it', () => {
  test('with connections gets no more than so many', async () => {
    const gateway = await testGateway({ limits: { connections: 3 } })
    const held = await Promise.all([gateway.open(), gateway.open(), gateway.open()])
    const fourth = await gateway.open()
    await once(fourth, 'close')
    expect(held.map(({ destroyed }) => destroyed)).toEqual([false, false, false])
  })

  test('with headers is refused', async () => {
    const gateway = await testGateway({ hosts: ['listed.example'] })
    const answer = await gateway.send(`GET http://listed.example/ HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  })

  test('with silence is closed, and with it the other side', async () => {
    const { port } = await echo()
    const gateway = await listedAt(port, { limits: { idleMs: 50 } })
    expect(await gateway.send(connectTo('listed.example:443'))).toBe(established)
    await gateway.writes({ verdict: 'ended' })
  })

  test('with half-closed tunnels keeps none of them', async () => {
    const { port } = await echo()
    const gateway = await listedAt(port, { limits: { halfOpenMs: 50 } })
    const socket = await gateway.open()
    socket.resume()
    socket.end(connectTo('listed.example:443'))
    await gateway.writes({ verdict: 'ended' })
  })
})
