import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { secretMethods } from '../../../main/core/network/secret.ts'
import { recordingUpstream } from '../../support/claude/recording-upstream.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, plainSecret, secretValue } from '../../support/web/secret-upstream.ts'

const head = (line: string, ...headers: readonly string[]) =>
  [line, 'Host: 10.0.2.101:3128', ...headers, '', ''].join('\r\n')
const get = (target: string, ...headers: readonly string[]) => head(`GET ${target} HTTP/1.1`, ...headers)
const post = (headers: readonly string[], rest: string) => head('POST /secrets/CORP/a HTTP/1.1', ...headers) + rest
const hidden = head('DELETE /everything HTTP/1.1')
const body = '{"a":1}'
const chunked = `7\r\n${body}\r\n0\r\n\r\n`

interface Form {
  readonly name: string
  readonly bytes: string
  /** The first line that the host gets, and its body; left out, nothing of it reaches the host. */
  readonly passes?: readonly [line: string, body?: string]
}

const forms: readonly Form[] = [
  { name: 'a plain request', bytes: get('/secrets/CORP/a/b?c=d'), passes: ['GET /a/b?c=d'] },
  { name: 'the route alone', bytes: get('/secrets/CORP'), passes: ['GET /'] },
  { name: 'the route with a query alone', bytes: get('/secrets/CORP?a=b'), passes: ['GET /?a=b'] },
  { name: 'a name of npm', bytes: get('/secrets/CORP/@corp%2fname'), passes: ['GET /@corp%2fname'] },
  { name: 'a body', bytes: post(['Content-Length: 7'], body), passes: ['POST /a', body] },
  { name: 'chunks', bytes: post(['Transfer-Encoding: chunked'], chunked), passes: ['POST /a', body] },
  // Where one request ends.
  { name: 'a GET with a body', bytes: get('/secrets/CORP/a', `Content-Length: ${hidden.length}`) + hidden },
  { name: 'a GET with chunks', bytes: get('/secrets/CORP/a', 'Transfer-Encoding: chunked') + chunked },
  { name: 'two lengths', bytes: post(['Content-Length: 7', 'Content-Length: 0'], body) },
  { name: 'two lengths in one', bytes: post(['Content-Length: 7, 0'], body) },
  { name: 'a length and chunks', bytes: post(['Content-Length: 7', 'Transfer-Encoding: chunked'], chunked) },
  ...['+7', '-1', '0x7', '7 7', '', '99999999999999999999'].map((length) => ({
    name: `a length of '${length}'`,
    bytes: post([`Content-Length: ${length}`], body),
  })),
  ...['xchunked', 'chunked, identity', 'gzip, chunked', '\x0bchunked', 'CHUNKED'].map((coding) => ({
    name: `a coding of '${coding}'`,
    bytes: post([`Transfer-Encoding: ${coding}`], chunked),
  })),
  { name: 'a space before the colon', bytes: post(['Content-Length : 7'], body) },
  { name: 'a folded header', bytes: post(['X: a', ' Content-Length: 0', 'Content-Length: 7'], body) },
  { name: 'bare line feeds', bytes: get('/secrets/CORP/a').replaceAll('\r\n', '\n') },
  { name: 'a NUL in a value', bytes: get('/secrets/CORP/a', 'Accept: a\0b') },
  { name: 'two hosts', bytes: get('/secrets/CORP/a', 'Host: evil.example') },
  { name: 'HTTP/1.0', bytes: 'GET /secrets/CORP/a HTTP/1.0\r\nHost: a\r\n\r\n' },
  { name: 'no version', bytes: 'GET /secrets/CORP/a\r\n\r\n' },
  // Whose it is, and for what.
  ...[
    ...['/secrets/corp/a', '/secrets/OTHER/a', '/secrets/COR', '/secrets/CORPS/a', '/secrets/', '/secrets', '/'],
    ...['//secrets/CORP/a', '/Secrets/CORP/a', '/secrets//CORP/a', '/secrets/%43ORP/a', '/./secrets/CORP/a'],
    ...['/x/../secrets/CORP/a', '/secrets/CORP%2fa', '/secrets/CORP\\a', '/secrets/CORP#a', '/secrets/CORP;x/a'],
    ...['http://localhost/a', 'https://localhost/a', 'http://10.0.2.101:3128/secrets/CORP/a', 'localhost:443', '*'],
  ].map((target) => ({ name: `the target ${target}`, bytes: get(target) })),
  ...[
    ...['//evil.example/a', '/../a', '/a/../b', '/a/./b', '/..', '/a/..', '/%2e%2e/a', '/a/.%2E/b', '/a/%2e', '/a//b'],
    ...['/..%2fa', '/a%2f..%2fb', '/a%5c..%5cb', '/a\\b', '/a%00', '/a%0d%0aX:%20y', '/a%7f', '/a%', '/a%2', '/a%zz'],
    ...[
      '/a#b',
      '/a?b#c',
      '/a?b=%0',
      '/a b',
      '/a?b c',
      '/\u00ff',
      '/a?\u00ff',
      '/a"b',
      '/a<b',
      '/a?b"c',
      '/a|b',
      '/a^b',
    ],
  ].map((below) => ({ name: `below the route ${below}`, bytes: get(`/secrets/CORP${below}`) })),
  ...['DELETE', 'PUT', 'PATCH', 'get', 'HEADX', 'TRACE', 'OPTIONS', 'CONNECT', 'PROPFIND', 'QUERY'].map((method) => ({
    name: `the method ${method}`,
    bytes: head(`${method} /secrets/CORP/a HTTP/1.1`),
  })),
  // What has a server take another method than that of the line.
  ...[
    ...[
      '?_method=DELETE',
      '?a=b&_METHOD=put',
      '?a;_method=DELETE',
      '?%5f%6dethod=DELETE',
      '?.method=DELETE',
      '?+_method=x',
    ],
    ...['?[method=DELETE', '?_method[]=DELETE', '?_method%00a=DELETE', '?_method', '?X-HTTP-Method-Override=DELETE'],
    ...['?$httpMethod=DELETE', '?%24httpMethod=DELETE', '?x-http-method=PUT'],
    // And one of another account.
    ...[
      '?access_token=guest',
      '?a=b&private%5Ftoken=guest',
      '?Private.Token=guest',
      '?job_token[]=guest',
      '?oauth_token=x',
    ],
  ].map((query) => ({ name: `the query ${query}`, bytes: get(`/secrets/CORP/a${query}`) })),
  ...['?method=flickr.photos', '?my_method=a&b=_method', '?_methods=a', '?page_token=a&token=b'].map(
    (query): Form => ({
      name: `the query ${query}`,
      bytes: get(`/secrets/CORP/a${query}`),
      passes: [`GET /a${query}`],
    }),
  ),
  ...(
    [
      ['', '_method=DELETE'],
      ['application/x-www-form-urlencoded', 'a=b&access_token=guest'],
      ['application/x-www-form-urlencoded', 'a=b&%5Fmethod=DELETE'],
      ['Application/X-WWW-Form-URLencoded; charset=utf-8', '_method=DELETE'],
      [
        'multipart/form-data; boundary=x',
        '--x\r\nContent-Disposition: form-data; name="_method"\r\n\r\nDELETE\r\n--x--',
      ],
      ['multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; name=_method\r\n\r\nDELETE\r\n--x--'],
      ['application/json', '{"a":1,"\\u005fmethod":"DELETE"}'],
      ['application/vnd.api+json', '{"_method":"DELETE"}'],
      ['application/json', '\xef\xbb\xbf{"_method":"DELETE"}'],
      ['application/json\r\nContent-Encoding: gzip', 'what cannot be read'],
    ] as const
  ).map(([type, sent]) => ({
    name: `a body of '${type}': ${sent}`,
    bytes: post([...(type === '' ? [] : [`Content-Type: ${type}`]), `Content-Length: ${sent.length}`], sent),
  })),
  // What is of one connection, for a proxy, of another account, or has a server see something else in the request.
  ...[
    ...['Connection: keep-alive, authorization', 'Connection: host', 'Keep-Alive: timeout=9', 'TE: trailers'],
    ...['Trailer: Authorization', 'Upgrade: h2c\r\nConnection: Upgrade', 'Proxy-Authorization: Basic x'],
    ...['Authorization: Bearer guest', 'authorization: Basic Z3Vlc3Q6', 'Cookie: a=b', 'Private-Token: guest'],
    ...['X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE', 'X-Method-Override: DELETE'],
    ...['X-Original-URL: /everything', 'X-Rewrite-URL: /everything', 'X-Forwarded-Host: evil.example'],
    ...['Forwarded: host=evil.example', 'X-Forwarded-For: 127.0.0.1', 'Origin: null', 'Referer: http://a/'],
    ...['Range: bytes=0-9', 'If-Range: x', 'Accept-Encoding: gzip', 'A-IM: feed', 'X-A: DELETE /everything HTTP/1.0'],
  ].map(
    (header): Form => ({
      name: `'${header}'`,
      bytes: get('/secrets/CORP/a', header),
      passes: ['GET /a'],
    }),
  ),
]

/** All that the host gets of a request that passes, byte for byte. */
const written = (origin: string, [line, sent]: readonly [string, string?]) =>
  `${line} HTTP/1.1\r\nHost: ${new URL(origin).host}\r\nAccept-Encoding: identity\r\nAuthorization: Bearer ${secretValue}\r\n${
    sent === undefined ? '' : `Content-Length: ${sent.length}\r\n`
  }Connection: close\r\n\r\n${sent ?? ''}`

test.each(forms)('$name: the host of a secret gets one request of the gateway or none', async ({ bytes, passes }) => {
  const upstream = await recordingUpstream()
  const secret = plainSecret(upstream.url, { methods: ['GET', 'HEAD', 'POST'] })
  const gateway = await testGateway({ secrets: [secret], hosts: ['localhost', 'evil.example', '10.0.2.101:3128'] })
  const answer = await gateway.send(
    Buffer.from(bytes, 'latin1'),
    (all) => /^HTTP\/1\.1 (?!100)[\s\S]*\r\n\r\n/m.test(all) || all.endsWith('{}'),
  )
  expect(answer).toMatch(passes ? /HTTP\/1\.1 200 OK/ : /^(HTTP\/1\.1 (4\d\d|502|505) |$)/)
  expect(upstream.connections).toEqual(passes ? [written(upstream.url, passes)] : [])
  expect(answer + JSON.stringify(gateway.lines)).not.toContain(secretValue)
  // Whatever it was, the next request is one of its own.
  await gateway.send(get('/secrets/CORP/next'), (all) => all.endsWith('{}'))
  expect(upstream.connections.slice(passes ? 1 : 0)).toEqual([written(upstream.url, ['GET /next'])])
})

test.each([
  ['application/json', '{"method":"a","b":{"_method":"DELETE"}}'],
  ['text/plain', '_method=DELETE'],
  ['application/x-www-form-urlencoded', 'method=a&b=_method'],
])('a body of %s that names no other method passes: %s', async (type, sent) => {
  const upstream = await recordingUpstream()
  const gateway = await testGateway({ secrets: [plainSecret(upstream.url, { methods: ['POST'] })] })
  await gateway.send(post([`Content-Type: ${type}`, `Content-Length: ${sent.length}`], sent), (all) =>
    all.endsWith('{}'),
  )
  expect(upstream.connections).toEqual([expect.stringContaining(sent)])
})

test('one that a secret is for may be named, since the secret is for every method', async () => {
  const upstream = await recordingUpstream()
  const gateway = await testGateway({ secrets: [plainSecret(upstream.url, { methods: secretMethods })] })
  await gateway.send(get('/secrets/CORP/a?_method=DELETE'), (all) => all.endsWith('{}'))
  await gateway.send(get('/secrets/CORP/a?access_token=guest'), (all) => all.includes('no use for this path'))
  expect(upstream.connections).toEqual([expect.stringMatching(/^GET \/a\?_method=DELETE /)])
})

const token = 'token-Of-The-User-123456'

test('what a server says of the secret beside the head and the body of its answer stays behind', async () => {
  const upstream = await recordingUpstream(
    [
      ...['HTTP/1.1 103 Early Hints', `Link: </${token}>`, '', `HTTP/1.1 200 ${token} is welcome`],
      ...[`X-${token}: 1`, `x-${token.toLowerCase()}-again: 2`, 'X-Kept: 3', 'Trailer: X-Trailer'],
      ...['Transfer-Encoding: chunked', '', '2', '{}', '0', `X-Trailer: ${token}`, '', ''],
    ].join('\r\n'),
    { end: true },
  )
  const gateway = await testGateway({ secrets: [{ ...givenSecret({}, token), origin: upstream.url }] })
  const answer = await gateway.send(get('/secrets/CORP/a', 'Connection: close'))
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\nX-Kept: 3\r\n[\s\S]*\{\}/)
  expect(answer.toLowerCase()).not.toContain(token.toLowerCase())
})

test.each(['gzip, chunked', 'GZIP', 'chunked, gzip'])(
  'an answer in the transfer coding %s, which could not be read, is none',
  async (coding) => {
    const packed = gzipSync(secretValue).toString('latin1')
    const head = `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}\r\n\r\n`
    const upstream = await recordingUpstream(`${head}${packed.length.toString(16)}\r\n${packed}\r\n0\r\n\r\n`, {
      end: true,
    })
    const gateway = await testGateway({ secrets: [plainSecret(upstream.url)] })
    expect(await gateway.send(get('/secrets/CORP/a', 'Connection: close'))).toMatch(/^HTTP\/1\.1 502 /)
  },
)

test('a second request before the first one is answered ends the connection', async () => {
  const upstream = await recordingUpstream()
  const gateway = await testGateway({ secrets: [plainSecret(upstream.url)] })
  expect(await gateway.send(get('/secrets/CORP/a').repeat(50))).toBe('')
  expect(upstream.connections.length).toBeLessThanOrEqual(1)
})

test('headers that say what is asked for pass once each, and the header of the secret is never the guest’s', async () => {
  const upstream = await recordingUpstream()
  const form = { kind: 'header', name: 'X-Api-Version', prefix: '' } as const
  const gateway = await testGateway({ secrets: [plainSecret(upstream.url, { form })] })
  const told = ['Accept: a/b', 'User-Agent: c', 'Git-Protocol: version=2', 'If-None-Match: "d"', 'X-Other-Version: 3']
  const again = ['accept: e/f', 'user-agent: g', 'x-other-version: 4', 'x-api-version: guest']
  await gateway.send(get('/secrets/CORP/', ...told, ...again), (all) => all.endsWith('{}'))
  const passed = ['Accept: a/b, e/f', ...told.slice(1)] // A list, of which each line is a part.
  expect(upstream.connections).toEqual([
    [
      ...['GET / HTTP/1.1', `Host: ${new URL(upstream.url).host}`, ...passed, 'Accept-Encoding: identity'],
      ...[`X-Api-Version: ${secretValue}`, 'Connection: close', '', ''],
    ].join('\r\n'),
  ])
})
