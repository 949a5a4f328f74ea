import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import type { Secret } from '../../../main/core/network/secret.ts'
import { readChallenge } from '../../../main/gateway/secrets/challenge.ts'
import { scopeOf } from '../../../main/gateway/secrets/registry-tokens.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, secretValue, tlsUpstream } from '../../support/web/secret-upstream.ts'

const form = { kind: 'basic', user: 'me' } as const
const basic = givenSecret({ form }).header.value
const bearer = (realm: string, service: string | null = null) => ({ scheme: 'bearer', realm, service })

test.each([
  ['Bearer realm="https://a/t",service="s",scope="repository:a:pull"', bearer('https://a/t', 's')],
  ['BEARER  Realm = "https://a/t" , SERVICE=s', bearer('https://a/t', 's')],
  ['Basic realm="x", Bearer realm="https://a/t"', bearer('https://a/t')],
  ['Negotiate, Basic realm="with, Bearer realm=evil"', { scheme: 'basic' }],
  ['Bearer realm="a\\"b\\\\c"', bearer('a"b\\c')],
  ['basic', { scheme: 'basic' }],
  ['Bearer service="s"', undefined],
  ['Digest realm="x"', undefined],
  ['realm="x"', undefined],
  ['', undefined],
] as const)('of the challenge %s the gateway knows what it needs', (header, known) => {
  expect(readChallenge(header)).toEqual(known)
})

test.each([
  ['GET', '/v2/team/app/manifests/1', 'repository:team/app:pull'],
  ['HEAD', '/v2/a/b-c_d.e/f/blobs/sha256:00', 'repository:a/b-c_d.e/f:pull'],
  ['GET', '/v2/a/tags/list?n=1', 'repository:a:pull'],
  ['PUT', '/v2/a/manifests/1', 'repository:a:pull,push'],
  ['POST', '/v2/a/blobs/uploads/?mount=sha256:0&from=b', 'repository:a:pull,push'],
  ['DELETE', '/v2/a/manifests/1', 'repository:a:delete'],
  ['GET', '/v2/_catalog?n=5', 'registry:catalog:*'],
  ...['/v2/A/manifests/1', '/v2/a:push/manifests/1', '/v2/a%20b/manifests/1', '/v2/manifests/1', '/v2/'].map(
    (target) => ['GET', target, null] as const,
  ),
] as const)('%s %s asks for a token for %s and for nothing more', (method, target, scope) => {
  expect(scopeOf(method, target)).toBe(scope)
})

type Answer = (request: IncomingMessage, response: ServerResponse, own: string) => unknown

/** A registry, another host beside it, and the gateway of a guest that has a secret for the registry. */
async function registryAt(answer: Answer, changes: Partial<Secret> = {}, other: RequestListener = () => undefined) {
  const asked: string[] = []
  const elsewhere: string[] = []
  const listener: RequestListener = (request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'nothing'}`)
    request.resume()
    answer(request, response, `https://localhost:${request.socket.localPort}`)
  }
  const { port, trusted } = await tlsUpstream(listener)
  const { port: otherPort } = await tlsUpstream((request, response) => {
    elsewhere.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'nothing'}`)
    other(request, response)
    if (!response.writableEnded) response.end('{"token":"token-of-the-other-host"}')
  })
  const tokenHost = changes.tokenHost === undefined ? null : `localhost:${otherPort}`
  const secrets = [givenSecret({ port, form, tools: ['docker'], ...changes, tokenHost })]
  const gateway = await testGateway({ secrets, trusted })
  const ask = (line: string, headers: readonly string[] = [], body = '') =>
    gateway.send(
      [
        ...[`${line} HTTP/1.1`, 'Host: 10.0.2.101:3128', ...headers],
        ...[...(body === '' ? [] : [`Content-Length: ${body.length}`]), 'Connection: close', '', body],
      ].join('\r\n'),
    )
  return { asked, elsewhere, gateway, ask, other: `https://localhost:${otherPort}` }
}

const images = '/v2/secrets/corp-images'

/** The usual way: `/v2/` names the realm, `tokens` gives tokens, and `rest` answers who shows one. */
const withTokens =
  (
    realm: (own: string) => string,
    tokens: Answer,
    rest: Answer = (_request, response) => response.end('here'),
  ): Answer =>
  (request, response, own) => {
    const { url = '', headers } = request
    if (url.startsWith('/token')) return tokens(request, response, own)
    if (url !== '/v2/' && headers.authorization?.startsWith('Bearer ')) return rest(request, response, own)
    const challenge = `Bearer realm="${realm(own)}",service="images & more"`
    return response.writeHead(401, { 'www-authenticate': challenge }).end()
  }
const ownRealm = (own: string) => `${own}/token?a=b`
const giveToken: Answer = ({ url = '' }, response) =>
  response.end(
    JSON.stringify({ token: `token.${new URL(url, 'https://a').searchParams.get('scope')}`, expires_in: 300 }),
  )

describe('a secret is exchanged for tokens', () => {
  test('one for each repository, however many ask at once, and no guest sees one', async () => {
    const rest: Answer = ({ headers }, response) => {
      response.writeHead(200, { 'x-echo': headers.authorization }).end(`<${headers.authorization}> ${secretValue}`)
    }
    const registry = await registryAt(withTokens(ownRealm, giveToken, rest))
    const paths = ['team/app/manifests/1', 'team/app/blobs/sha256:00', 'team/app/blobs/sha256:01', 'other/tags/list']
    const answers = await Promise.all(paths.map((path) => registry.ask(`GET ${images}/${path}`)))
    for (const answer of answers) {
      expect(answer).toMatch(/^HTTP\/1\.1 200 .*<Bearer \*+>/s)
      expect(answer).not.toMatch(/token\.|s3cret/)
    }
    const scopes = ['team/app', 'other'].map((name) => encodeURIComponent(`repository:${name}:pull`))
    expect(registry.asked.toSorted()).toEqual(
      [
        'GET /v2/ nothing',
        ...scopes.map((scope) => `GET /token?a=b&service=images+%26+more&scope=${scope} ${basic}`),
        ...paths.map(
          (path) => `GET /v2/${path} Bearer token.repository:${path.replace(/\/(manifests|blobs|tags).*/, '')}:pull`,
        ),
      ].toSorted(),
    )
    await registry.gateway.writes({ verdict: 'secret' })
    const logged = registry.gateway.lines.map((line) => ('secret' in line ? `${line.verdict} ${line.secret}` : ''))
    expect(logged).toEqual(Array.from({ length: 6 }, () => 'secret CORP'))
  })

  test('one that has run out, or is refused, is asked for again; a refusal tells the guest no way to ask', async () => {
    let given = 0
    const registry = await registryAt(
      withTokens(
        ownRealm,
        (_request, response) => {
          given += 1
          return response.end(JSON.stringify({ access_token: `a-token-${given}`, expires_in: given === 1 ? 1 : 300 }))
        },
        ({ headers }, response) => {
          if (headers.authorization === 'Bearer a-token-2')
            response.writeHead(401, { 'www-authenticate': 'Bearer realm="x"' })
          response.end()
        },
      ),
    )
    const answers: string[] = []
    for (let at = 0; at < 4; at++) answers.push(await registry.ask(`GET ${images}/a/manifests/1`))
    expect(answers.map((each) => each.slice(9, 12))).toEqual(['200', '401', '200', '200'])
    expect(answers.join()).not.toContain('realm')
    expect(given).toBe(3)
  })

  test.each<[string, Answer, string]>([
    ['Basic', (_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(), basic],
    ['nothing', (_request, response) => response.end(), basic],
  ])('a registry that asks for %s is sent the secret itself', async (_what, ping, shown) => {
    const registry = await registryAt((request, response, own) =>
      request.url === '/v2/' ? ping(request, response, own) : response.end(),
    )
    expect(await registry.ask(`HEAD ${images}/a/manifests/1`)).toMatch(/^HTTP\/1\.1 200 /)
    expect(registry.asked).toEqual(['GET /v2/ nothing', `HEAD /v2/a/manifests/1 ${shown}`])
  })

  test('what is not the secret of a user is no password, and is sent as it is', async () => {
    const registry = await registryAt((_request, response) => response.end(), { form: { kind: 'bearer' } })
    await registry.ask(`GET ${images}/a/manifests/1`)
    expect(registry.asked).toEqual([`GET /v2/a/manifests/1 Bearer ${secretValue}`])
  })
})

describe('the secret stays with its host', () => {
  test('tokens of another host are asked for where the user named it, and else not at all', async () => {
    let elsewhere = ''
    const realm = withTokens(() => `${elsewhere}/token`, giveToken)
    const strict = await registryAt(realm)
    elsewhere = strict.other
    expect(await strict.ask(`GET ${images}/a/manifests/1`)).toMatch(/^HTTP\/1\.1 403 .*--token-host/s)
    await strict.gateway.writes({ verdict: 'refused', reason: 'token-host-refused', secret: 'CORP' })
    expect(strict.elsewhere).toEqual([])
    const named = await registryAt(realm, { tokenHost: 'the other one' })
    elsewhere = named.other
    expect(await named.ask(`GET ${images}/a/manifests/1`)).toMatch(/^HTTP\/1\.1 200 /)
    expect(named.elsewhere).toEqual([expect.stringContaining(basic)])
    expect(named.asked.at(-1)).toBe('GET /v2/a/manifests/1 Bearer token-of-the-other-host')
  })

  test.each([
    ...['/token', 'token', '//localhost/token', '', 'data:,x', 'https://'],
    ...['http://localhost:PORT/token', 'https://me:pw@localhost:PORT/token', 'https://localhost.evil:PORT/token'],
    'https://localhost:PORT@evil.example/token',
  ])('no token is asked for at %s', async (realm) => {
    const registry = await registryAt(withTokens((own) => realm.replace('PORT', new URL(own).port), giveToken))
    expect(await registry.ask(`GET ${images}/a/manifests/1`)).toMatch(/^HTTP\/1\.1 403 /)
    expect(registry.asked).toEqual(['GET /v2/ nothing'])
  })

  test.each<[string, Answer]>([
    ['leads elsewhere', (_request, response) => response.writeHead(307, { location: 'https://evil.example/' }).end()],
    ['refuses', (_request, response) => response.writeHead(401).end(`{"token":"${'x'.repeat(20)}"}`)],
    ['repeats what it was shown', (_request, response) => response.end(secretValue)],
    ['gives none', (_request, response) => response.end('{}')],
    ['gives a short one', (_request, response) => response.end('{"token":"a"}')],
    ['gives one of two lines', (_request, response) => response.end('{"token":"aaaaaaaa\\r\\nX-Evil: 1"}')],
    ['gives too much', (_request, response) => response.end(`{"token":"${'x'.repeat(70_000)}"}`)],
    [
      'breaks off',
      (_request, response) => response.writeHead(200, { 'content-length': 99 }).write('{', () => response.destroy()),
    ],
    [
      'compresses',
      (_request, response) =>
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{"token":"aaaaaaaa"}')),
    ],
  ])('where the token service %s the registry is not asked, and the guest reads why', async (_what, tokens) => {
    const registry = await registryAt(withTokens(ownRealm, tokens))
    const answer = await registry.ask(`GET ${images}/a/manifests/1`)
    expect(answer).toMatch(/^HTTP\/1\.1 502 .*localhost cannot be asked: localhost:\d+ gave no token for it: /s)
    expect(answer).not.toContain('s3cret')
    expect(registry.asked).toHaveLength(2)
    await registry.gateway.writes({ verdict: 'secret', method: 'GET' })
    // It is asked again, the next time.
    await registry.ask(`GET ${images}/a/manifests/1`)
    expect(registry.asked).toHaveLength(3)
  })

  test('a registry that says neither yes nor how is not asked further', async () => {
    const registry = await registryAt((_request, response) => response.writeHead(503).end())
    expect(await registry.ask(`GET ${images}/a/manifests/1`)).toMatch(/^HTTP\/1\.1 502 .*answered 503/s)
    expect(registry.asked).toEqual(['GET /v2/ nothing'])
  })
})

describe('what is asked for', () => {
  test('reads alone, unless the user says more; an upload goes on at the route', async () => {
    const rest: Answer = (_request, response) =>
      response.writeHead(202, { location: '/v2/a/blobs/uploads/1?state=x', 'docker-upload-uuid': '1' }).end()
    const reads = await registryAt(withTokens(ownRealm, giveToken, rest))
    for (const line of ['POST', 'PUT', 'PATCH', 'DELETE'])
      expect(await reads.ask(`${line} ${images}/a/blobs/uploads/`), line).toMatch(/^HTTP\/1\.1 405 /)
    expect(reads.asked).toEqual([])
    const writes = await registryAt(withTokens(ownRealm, giveToken, rest), { methods: ['GET', 'POST', 'PATCH', 'PUT'] })
    const begun = await writes.ask(`POST ${images}/a/blobs/uploads/`)
    const [, next] = /location: http:\/\/10\.0\.2\.101:3128(\S+)/i.exec(begun) ?? []
    expect(next).toBe('/secrets/CORP/v2/a/blobs/uploads/1?state=x')
    await writes.ask(`PATCH ${next}`, [], 'layer')
    expect(writes.asked.at(-1)).toBe('PATCH /v2/a/blobs/uploads/1?state=x Bearer token.repository:a:pull,push')
  })

  test('whether here is a registry the gateway says itself; other names and other paths are none of it', async () => {
    const registry = await registryAt(withTokens(ownRealm, giveToken))
    for (const line of ['GET /v2/', 'HEAD /v2/', 'GET /v2'])
      expect(await registry.ask(line), line).toMatch(/^HTTP\/1\.1 200 .*registry\/2\.0/s)
    for (const path of ['/v2/secrets/other-images/a/manifests/1', '/v2/secrets/CORP-images/a', '/v2/a/manifests/1'])
      expect(await registry.ask(`GET ${path}`), path).toMatch(/^HTTP\/1\.1 404 /)
    for (const path of ['../../token', 'a/%2e%2e/b', 'a//b', 'a%00', 'a\\b'])
      expect(await registry.ask(`GET ${images}/${path}`), path).toMatch(/^HTTP\/1\.1 40[03] /)
    expect(registry.asked).toEqual([])
    const none = await testGateway({ secrets: [givenSecret({ tools: ['npm'], port: 1 })] })
    expect(await none.send('GET /v2/ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toMatch(/^HTTP\/1\.1 502 /)
  })

  test('each line of accepted types reaches the registry, and no part of a blob can be asked for', async () => {
    const seen: unknown[] = []
    const rest: Answer = ({ headers }, response) => {
      seen.push([headers.accept, headers.range])
      response.end()
    }
    const registry = await registryAt(withTokens(ownRealm, giveToken, rest))
    await registry.ask(`GET ${images}/a/manifests/1`, ['Accept: a/b', 'ACCEPT: c/d;q=0.5', 'Range: bytes=1-2'])
    expect(seen).toEqual([['a/b, c/d;q=0.5', undefined]])
  })
})

describe('where the registry gives tokens itself', () => {
  const ways = ['/given', '/Given/', '/gi%76en', '/given;a=b'].map((path) => `${path}?service=images&scope=all`)

  test('no guest is given one, by whatever of its paths and methods', async () => {
    const methods = ['GET', 'POST'] as const
    const registry = await registryAt(
      withTokens((own) => `${own}/given?a=b`, giveToken),
      { methods },
    )
    for (const path of [...ways, '/token?service=images', '/v2/token', '/v2/auth', '/anything'])
      for (const method of methods)
        expect(await registry.ask(`${method} /secrets/CORP${path}`, [], method === 'POST' ? 'a' : ''), path).toMatch(
          /^HTTP\/1\.1 403 /,
        )
    await registry.gateway.writes({ verdict: 'refused', reason: 'path-refused', secret: 'CORP' })
    expect(registry.asked).toEqual([])
  })

  test.each([form, { kind: 'bearer' } as const])('nor with a secret (%j) that other tools have too', async (shown) => {
    const answer = withTokens((own) => `${own}/given?a=b`, giveToken)
    const registry = await registryAt(
      (request, response, own) =>
        request.url === '/a/info/refs' ? response.end('objects') : answer(request, response, own),
      { tools: ['git', 'docker'], form: shown },
    )
    for (const path of ways) expect(await registry.ask(`GET /secrets/CORP${path}`), path).toMatch(/^HTTP\/1\.1 403 /)
    expect(await registry.ask('GET /secrets/CORP/a/info/refs')).toMatch(/^HTTP\/1\.1 200 .*objects/s)
    expect(registry.asked).toEqual(['GET /v2/ nothing', expect.stringMatching(/^GET \/a\/info\/refs /)])
  })

  test('nor where a later answer names a further path', async () => {
    const registry = await registryAt(
      ({ url = '' }, response, own) =>
        url === '/v2/' || url.startsWith('/given')
          ? response.end('{"answer":1}')
          : response.writeHead(401, { 'www-authenticate': `Bearer realm="${own}/given"` }).end(),
      { tools: ['git', 'docker'] },
    )
    expect(await registry.ask('GET /secrets/CORP/given')).toMatch(/^HTTP\/1\.1 200 /)
    expect(await registry.ask(`GET ${images}/a/manifests/1`)).toMatch(/^HTTP\/1\.1 401 /)
    expect(await registry.ask('GET /secrets/CORP/given')).toMatch(/^HTTP\/1\.1 403 /)
  })

  test('and a host of other tools that has no registry is asked all the same; one that does not say is not', async () => {
    for (const [status, passes] of [
      [404, true],
      [503, false],
    ] as const) {
      const registry = await registryAt(
        ({ url }, response) => (url === '/v2/' ? response.writeHead(status).end() : response.end('objects')),
        { tools: ['git', 'docker'] },
      )
      expect((await registry.ask('GET /secrets/CORP/a/info/refs')).includes('objects')).toBe(passes)
    }
  })
})
