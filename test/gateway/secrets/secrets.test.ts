import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Secret } from '../../../main/core/network/secret.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, secretValue, tlsUpstream } from '../../support/web/secret-upstream.ts'

const ask = (line: string, body?: string, host = '10.0.2.101:3128') =>
  [
    ...[`${line} HTTP/1.1`, `Host: ${host}`, ...(body === undefined ? [] : [`Content-Length: ${body.length}`])],
    ...['Connection: close', '', body ?? ''],
  ].join('\r\n')

async function gatewayTo(listener: RequestListener, changes: Partial<Secret> = {}) {
  const { port, trusted } = await tlsUpstream(listener)
  const gateway = await testGateway({
    secrets: [givenSecret({ port, ...changes })],
    trusted,
    hosts: ['*.example.test'],
  })
  return { ...gateway, port }
}

test.each([
  [{ kind: 'bearer' }, 'authorization', `Bearer ${secretValue}`],
  [{ kind: 'basic', user: 'me' }, 'authorization', `Basic ${Buffer.from(`me:${secretValue}`).toString('base64')}`],
  [{ kind: 'header', name: 'Private-Token', prefix: '' }, 'private-token', secretValue],
  [{ kind: 'header', name: 'Authorization', prefix: 'token ' }, 'authorization', `token ${secretValue}`],
] as const)('the host gets the secret over TLS as %o, and the log its name', async (form, header, value) => {
  const seen: { url: string | undefined; headers: IncomingHttpHeaders }[] = []
  const gateway = await gatewayTo(
    ({ url, headers }, response) => {
      seen.push({ url, headers })
      response.writeHead(201).end('made')
    },
    { form, methods: ['POST'] },
  )
  expect(await gateway.send(ask('POST /secrets/CORP/a?b', 'four'))).toMatch(/^HTTP\/1\.1 201 .*made/s)
  expect(seen).toMatchObject([{ url: '/a?b', headers: { [header]: value, host: `localhost:${gateway.port}` } }])
  const line = { host: 'localhost', port: gateway.port, secret: 'CORP', method: 'POST', status: 201, up: 4, down: 4 }
  await gateway.writes({ verdict: 'secret' })
  expect(gateway.lines).toEqual([{ verdict: 'secret', ...line }])
})

test('a server whose certificate is not trusted, or is for another name, is sent nothing', async () => {
  const asked: unknown[] = []
  const { port, trusted } = await tlsUpstream((request) => void asked.push(request.url))
  const unknown = await testGateway({ secrets: [givenSecret({ port })] })
  // 127.0.0.2 reaches the same server, and is not in its certificate.
  const otherName = await testGateway({ secrets: [givenSecret({ port, host: '127.0.0.2' })], trusted })
  for (const gateway of [unknown, otherName]) {
    const answer = await gateway.send(ask('GET /secrets/CORP/a'))
    expect(answer).toMatch(/^HTTP\/1\.1 502 .*cannot be asked/s)
    expect(answer).not.toContain(secretValue)
    await gateway.writes({ verdict: 'secret', status: null, down: 0 })
  }
  expect(asked).toEqual([])
})

describe('what is asked for', () => {
  test('a method or a name that the secret is not for reaches nothing, and is in the log', async () => {
    const asked: unknown[] = []
    const gateway = await gatewayTo((request, response) => {
      asked.push(request.method)
      response.end()
    })
    expect(await gateway.send(ask('POST /secrets/CORP/a', 'x'))).toMatch(/^HTTP\/1\.1 405 .*--method/s)
    expect(await gateway.send(ask('GET /secrets/OTHER/a'))).toMatch(/^HTTP\/1\.1 404 .*no secret of that name/s)
    expect(await gateway.send(ask('HEAD /secrets/CORP/a'))).toMatch(/^HTTP\/1\.1 200 /)
    expect(asked).toEqual(['HEAD'])
    await gateway.writes({ verdict: 'refused', reason: 'method-refused', secret: 'CORP', host: 'localhost' })
    await gateway.writes({ verdict: 'refused', reason: 'secret-unknown' })
  })

  test('what git fetches is a POST that reads; everything else by POST is refused all the same', async () => {
    const asked: unknown[] = []
    const gateway = await gatewayTo(
      (request, response) => {
        asked.push(request.url)
        request.resume().once('end', () => response.end())
      },
      { tools: ['git'] },
    )
    const type = 'application/x-git-upload-pack-request'
    const route = (path: string, contentType = type) =>
      ask(`POST /secrets/CORP${path}`, 'x').replace('\r\n\r\n', `\r\nContent-Type: ${contentType}\r\n\r\n`)
    expect(await gateway.send(route('/me/a.git/git-upload-pack'))).toMatch(/^HTTP\/1\.1 200 /)
    const refused = [
      ...[
        '/me/a.git/git-receive-pack',
        '/api/graphql',
        '/git-upload-pack',
        '/me/a.git/git-upload-pack?x',
        '/a;/git-upload-pack',
      ],
      ...['/api/x%3f/git-upload-pack', '/api/x%2fgit-upload-pack', '/api/../git-upload-pack', '/a/git-upload-pack/'],
    ]
    for (const path of refused) expect(await gateway.send(route(path)), path).toMatch(/^HTTP\/1\.1 40[35] /)
    // An API of the same host that makes a file of this name.
    const file = '/api/v1/repos/me/a/contents/git-upload-pack'
    for (const other of ['application/json', `application/json;${type}`, ''])
      expect(await gateway.send(route(file, other)), other).toMatch(/^HTTP\/1\.1 405 /)
    expect(await gateway.send(ask(`POST /secrets/CORP${file}`, 'x'))).toMatch(/^HTTP\/1\.1 405 /)
    expect(asked).toEqual(['/me/a.git/git-upload-pack'])
  })

  test('npm has its registry at the root, where the paths of the API stay the API’s', async () => {
    const asked: unknown[] = []
    const { port, trusted } = await tlsUpstream((request, response) => {
      asked.push(`${request.headers.authorization} ${request.url}`)
      response.end()
    })
    const api = { url: `https://localhost:1`, credential: { header: 'x-api-key', key: 'k' } } as const
    const secrets = [givenSecret({ port, tools: ['npm'] }), givenSecret({ port, name: 'OTHER' }, 'another-secret')]
    const gateway = await testGateway({ secrets, trusted, api })
    const without = await testGateway({ secrets: secrets.slice(1), trusted })
    for (const path of ['/left-pad', '/@corp%2fa', '/left-pad/-/left-pad-1.0.0.tgz', '/secrets/OTHER/v1/messages'])
      expect(await gateway.send(ask(`GET ${path}`)), path).toMatch(/^HTTP\/1\.1 200 /)
    for (const path of ['/v1/files', '/v1', '/V1/files', '/v1?a'])
      expect(await gateway.send(ask(`GET ${path}`)), path).toMatch(/^HTTP\/1\.1 403 .*permission_error/s)
    expect(await without.send(ask('GET /left-pad'))).toMatch(/^HTTP\/1\.1 404 /)
    expect(asked).toEqual([
      ...['/left-pad', '/@corp%2fa', '/left-pad/-/left-pad-1.0.0.tgz'].map((path) => `Bearer ${secretValue} ${path}`),
      'Bearer another-secret /v1/messages',
    ])
  })

  test('no list opens another way to the host of a secret', async () => {
    const secrets = [givenSecret({ host: 'git.example.test', port: 443 })]
    const gateway = await testGateway({
      ...{ secrets, hosts: ['*.example.test', 'git.example.test:22'] },
      ...{ names: { 'git.example.test': ['192.0.2.1'] }, internet: { '192.0.2.1': 1 } },
    })
    for (const line of [
      'CONNECT git.example.test:443',
      'CONNECT GIT.example.test.:22',
      'GET http://git.example.test/a',
    ])
      expect(await gateway.send(ask(line)), line).toMatch(/^HTTP\/1\.1 403 .*SECRET_\.\.\._URL/s)
    expect(gateway.dialed).toEqual([])
    await gateway.writes({ verdict: 'refused', host: 'git.example.test', reason: 'secret-past-route' })
  })
})

describe('what comes back', () => {
  test('a redirect is passed on and not followed: within the host it leads to the route, elsewhere where it says', async () => {
    const asked: unknown[] = []
    const gateway = await gatewayTo((request, response) => {
      asked.push(request.url)
      const own = `https://localhost:${request.socket.localPort}/b`
      const to =
        request.url === '/own'
          ? own
          : request.url === '/root'
            ? '/b?c'
            : `https://evil.example/?was=${secretValue.replaceAll(' ', '%20')}`
      response.writeHead(302, { location: to }).end()
    })
    expect(await gateway.send(ask('GET /secrets/CORP/own'))).toContain('http://10.0.2.101:3128/secrets/CORP/b\r\n')
    expect(await gateway.send(ask('GET /secrets/CORP/root'))).toContain('http://10.0.2.101:3128/secrets/CORP/b?c\r\n')
    const elsewhere = await gateway.send(ask('GET /secrets/CORP/other'))
    expect(elsewhere).toMatch(/^HTTP\/1\.1 302 .*https:\/\/evil\.example\/\?was=\*+\r\n/s)
    expect(asked).toEqual(['/own', '/root', '/other'])
  })

  test('what repeats the secret, in a header or a body and in any form that is known, is made unreadable', async () => {
    const base64 = Buffer.from(`me:${secretValue}`).toString('base64')
    const forms = [
      ...[secretValue, encodeURIComponent(secretValue), new URLSearchParams({ a: secretValue }).toString().slice(2)],
      ...[base64, Buffer.from(secretValue).toString('base64'), secretValue.replace('&', '&amp;')],
      // As Python, Go, Rails and PHP write it in a path, JSON and HTML.
      ...['s3cret%2BValue/of%26the%20user', 's3cret%2bValue%2fof%26the%20user', 's3cret+Value/of&the%20user'],
      ...['s3cret+Value/of\\u0026the user', 's3cret+Value\\/of&the user', 's3cret&#43;Value/of&amp;the user'],
    ]
    const gateway = await gatewayTo(
      (request, response) => {
        const echoed = [JSON.stringify({ headers: request.headers }), ...forms].join('\n')
        response.writeHead(200, {
          ...{ 'x-echo': secretValue, location: `/?a=${encodeURIComponent(secretValue)}` },
          ...{ 'set-cookie': 'session=stands-for-it', 'content-length': Buffer.byteLength(echoed) },
        })
        response.end(echoed)
      },
      { form: { kind: 'basic', user: 'me' } },
    )
    const answer = await gateway.send(ask('GET /secrets/CORP/headers'))
    for (const form of forms) expect(answer).not.toContain(form)
    expect(answer).not.toContain('stands-for-it')
    expect(answer).toMatch(/"authorization":"Basic \*+/)
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4).split('\n')[0] ?? '')).toHaveProperty('headers.host')
  })

  test.each([
    ['hexadecimal', (text: string) => Buffer.from(text).toString('hex'), 2],
    ['capital hexadecimal', (text: string) => Buffer.from(text).toString('hex').toUpperCase(), 2],
    ['UTF-16', (text: string) => Buffer.from(text, 'utf16le').toString('latin1'), 2],
    ['base64', (text: string) => Buffer.from(text).toString('base64'), 4 / 3],
    ['base64 for a URL', (text: string) => Buffer.from(text).toString('base64url'), 4 / 3],
  ])('so is what is repeated in the middle of %s', async (_, encode, growth) => {
    const around = ['{"a":"', '{"ab":"', '{"abc":"'].map((before) => encode(`${before}${secretValue}"}`))
    const gateway = await gatewayTo((_request, response) => void response.end(around.join('\n')))
    const answer = await gateway.send(ask('GET /secrets/CORP/a'))
    const stars = [...answer.matchAll(/\*+/g)].map(([all]) => all.length)
    expect(stars).toHaveLength(3)
    for (const count of stars) expect(count).toBeGreaterThan(secretValue.length * growth - 3)
  })

  test('a host that keeps another secret of the machine does not bring it into the guest', async () => {
    const { port, trusted } = await tlsUpstream((_request, response) => void response.end('npm: another-Secret'))
    const secrets = [
      givenSecret({ port }),
      givenSecret({ name: 'NPM', host: 'registry.example.test' }, 'another-Secret'),
    ]
    const gateway = await testGateway({ secrets, trusted })
    expect(await gateway.send(ask('GET /secrets/CORP/vault/npm'))).toMatch(/\r\n\r\nnpm: \*{14}$/)
  })

  test('also where it comes in single bytes, and what comes before it is not held back', async () => {
    const more = Promise.withResolvers<void>()
    const gateway = await gatewayTo(async (_request, response) => {
      response.write('data: first\n\n')
      await more.promise
      for (const byte of `<${secretValue}${secretValue}>`) response.write(byte)
      response.end(`end ${secretValue.slice(0, -1)}`)
    })
    const answer = await gateway.send(ask('GET /secrets/CORP/a'), (all) => {
      if (all.includes('first')) more.resolve()
      return false
    })
    const body = [...answer.matchAll(/\r\n[0-9a-f]+\r\n([\s\S]*?)(?=\r\n[0-9a-f]+\r\n)/g)]
      .map(([, text]) => text)
      .join('')
    expect(body).toContain(`<${'*'.repeat(2 * secretValue.length)}>end ${secretValue.slice(0, -1)}`)
  })

  test('bytes that are no text pass as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256))
    const gateway = await gatewayTo((_request, response) => void response.end(bytes))
    const answer = await gateway.send(ask('GET /secrets/CORP/a.tgz'))
    expect(answer).toContain('Content-Length: 4096\r\n')
    expect(Buffer.from(answer.slice(answer.indexOf('\r\n\r\n') + 4), 'latin1').equals(bytes)).toBe(true)
  })

  test('an answer that is compressed all the same, and could not be read, is none', async () => {
    const gateway = await gatewayTo((_request, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(secretValue))
    })
    expect(await gateway.send(ask('GET /secrets/CORP/a'))).toMatch(/^HTTP\/1\.1 502 .*malformed/s)
  })

  test('links of an index of pip’s lead to the route, and only there', async () => {
    const page = (port: number | undefined) =>
      `<a href="https://localhost:${port}/files/a.whl">https://localhost.evil/</a>`
    const listener: RequestListener = ({ socket, url }, response) =>
      void response
        .writeHead(200, { 'content-type': url === '/simple/' ? 'text/html; charset=utf-8' : 'application/json' })
        .end(page(socket.localPort))
    const pip = await gatewayTo(listener, { tools: ['pip'] })
    const other = await gatewayTo(listener)
    expect(await pip.send(ask('GET /secrets/CORP/simple/'))).toContain(
      '<a href="http://10.0.2.101:3128/secrets/CORP/files/a.whl">https://localhost.evil/</a>',
    )
    expect(await pip.send(ask('GET /secrets/CORP/other'))).toContain(page(pip.port))
    expect(await other.send(ask('GET /secrets/CORP/simple/'))).toContain(page(other.port))
  })
})
