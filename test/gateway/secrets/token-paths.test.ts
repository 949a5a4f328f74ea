import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { coveringTokens } from '../../../main/gateway/secrets/cover-tokens.ts'
import { asksToken } from '../../../main/gateway/secrets/token-paths.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, tlsUpstream } from '../../support/web/secret-upstream.ts'

test.each([
  ...['GET /token?scope=repository:a:push', 'GET /Token/?a=b&service=x', 'GET /token?%73cope=x', 'POST /token'],
  ...['GET /v2/token', 'GET /gitea/v2/token', 'GET /v2/auth?account=me', 'GET /jwt/auth', 'GET /JWT/auth.json'],
  ...['GET /v2/token;a=b', 'GET /v2/%74oken/', 'GET /service/token', 'POST /oauth/token', 'GET /oauth2/exchange'],
  ...['GET /Given/', 'GET /gi%76en?x', 'GET /given;x/here;y'],
])('%s asks for a token', (line) => {
  const [method = '', target = ''] = line.split(' ')
  expect(asksToken(method, target, ['/given', '/given/here'])).toBe(true)
})

test.each([
  ...['GET /token', 'GET /simple/token/', 'GET /to/ke/token', 'GET /api/v1/crates/token', 'GET /@v2/token'],
  ...['GET /v2/team/token/manifests/token', 'GET /v2/token/blobs/sha256:00', 'POST /v2/token/blobs/uploads/'],
  ...['POST /me/token.git/git-upload-pack', 'GET /given/more', 'GET /tokens?scope=x', 'GET /'],
])('%s asks for none', (line) => {
  const [method = '', target = ''] = line.split(' ')
  expect(asksToken(method, target, ['/given'])).toBe(false)
})

test.each([
  [
    '{"token":"abc","access_token" : "d\\"e\\\\","refresh_token":\n"f"}',
    /^\{"token":"\*{3}","access_token" : "\*{6}","refresh_token":\n"\*"\}$/,
  ],
  ['{"token":"never ends\\', /^\{"token":"\*{11}$/],
  ['{"token":1,"a_token":"x","tokens":"y","token', /^\{"token":1,"a_token":"x","tokens":"y","token$/],
])('however %s is cut into pieces, values of tokens are covered and nothing else', async (json, covered) => {
  for (let size = 1; size <= json.length; size++) {
    const pieces = json.match(new RegExp(`.{1,${size}}`, 'gs')) ?? []
    const passed = await text(Readable.from(pieces.map((each) => Buffer.from(each))).pipe(coveringTokens()))
    expect(passed, String(size)).toMatch(covered)
    expect(passed).toHaveLength(json.length)
  }
})

test.each([
  [
    { tools: ['docker'] },
    'refused',
    ['/token?scope=x', '/v2/token', '/v2/auth', '/jwt/auth', '/api', '/', '/v2/x', '/v2'],
  ],
  [{ tools: ['git'] }, 'refused', ['/jwt/auth?service=container_registry', '/v2/token']],
  [{ tools: ['cargo'] }, 'refused', ['/token?service=x', '/gitea/v2/token']],
  [{ tools: [] }, 'refused', ['/jwt/auth?service=container_registry']],
  [{ tools: ['git'] }, 'covered', ['/api/keys']],
  [{ tools: ['npm'] }, 'covered', ['/-/npm/v1/keys', '/text', '/untyped']],
  [{ tools: ['cargo'] }, 'covered', ['/api/v1/me']],
  [{ tools: ['nix'] }, 'covered', ['/api/v1/cache/corp']],
  [{ tools: [] }, 'given', ['/api/keys']],
  [{ tools: ['npm'] }, 'given', ['/archive']],
] as const)('of what the host of a secret for %j gives, tokens are %s', async ({ tools }, how, paths) => {
  const asked: string[] = []
  const types: Record<string, string> = { '/text': 'text/plain', '/archive': 'application/octet-stream' }
  const { port, trusted } = await tlsUpstream(({ url = '' }, response) => {
    asked.push(url)
    const type = types[url] ?? 'application/vnd.corp+json; charset=utf-8'
    response.writeHead(200, url === '/untyped' ? {} : { 'content-type': type }).end('{"token":"made.of.it"}')
  })
  const gateway = await testGateway({ secrets: [givenSecret({ port, tools })], trusted })
  for (const path of paths) {
    const answer = await gateway.send(`GET /secrets/CORP${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    if (how === 'refused') expect(answer, path).toMatch(/^HTTP\/1\.1 403 /)
    else expect(answer, path).toContain(how === 'covered' ? '{"token":"**********"}' : '{"token":"made.of.it"}')
  }
  expect(asked).toEqual(how === 'refused' ? [] : paths)
})
