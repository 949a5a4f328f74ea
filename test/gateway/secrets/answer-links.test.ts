import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import { routedCargoConfig } from '../../../main/gateway/secrets/cargo-index.ts'
import { isNarInfo, routedNarInfo } from '../../../main/gateway/secrets/nar-info.ts'
import { routedLink } from '../../../main/gateway/secrets/routed-link.ts'
import { testGateway } from '../../support/web/gateway.ts'
import { givenSecret, secretValue, tlsUpstream } from '../../support/web/secret-upstream.ts'

const route = { origin: 'https://corp.example', url: 'http://10.0.2.101:3128/secrets/CORP' }

test.each([
  ['/b?c#d', `${route.url}/b?c#d`],
  ['next', `${route.url}/index/next`],
  ['../up', `${route.url}/up`],
  ['https://CORP.example:443/a', `${route.url}/a`],
  ['//corp.example/a', `${route.url}/a`],
  ['https://me:pw@corp.example/a', `${route.url}/a`],
  ...['http://corp.example/a', 'https://corp.example:8443/a', 'https://corp.example.evil/a', '//evil.example/a'].map(
    (link) => [link, link] as const,
  ),
  ['https://[', 'https://['],
] as const)('a link to %s leads the guest to %s', (link, to) => {
  expect(routedLink(link, `${route.origin}/index/here`, route)).toBe(to)
})

const config = (text: string) => JSON.parse(routedCargoConfig(text, route))

test.each([
  ['https://corp.example/dl', `${route.url}/dl`],
  ['https://CORP.EXAMPLE:443/{crate}/{version}/{sha256-checksum}', `${route.url}/{crate}/{version}/{sha256-checksum}`],
  ['https://corp.example', route.url],
  ...[
    ...['https://static.example/{crate}', 'http://corp.example/dl', 'https://corp.example@evil.example/dl'],
    ...['https://corp.example\\@evil.example/dl', 'https://corp.example.evil/dl', 'dl/{crate}', ''],
  ].map((dl) => [dl, dl] as const),
] as const)('downloads of crates at %s are asked for at %s', (dl, to) => {
  expect(config(JSON.stringify({ dl, 'auth-required': true, other: [1] }))).toEqual({ dl: to, other: [1] })
})

test('the API of a registry of crates is its route too, and what is no configuration is none', () => {
  const api = 'https://corp.example/'
  expect(config(JSON.stringify({ dl: 'x', api }))).toEqual({ dl: 'x', api: `${route.url}/` })
  expect(config('{"dl":"x","api":null}')).toEqual({ dl: 'x' })
  for (const text of ['', '[]', '{}', '{"dl":1}', '{"dl":"x","api":{}}', '<html>'])
    expect(() => config(text), text).toThrow()
})

test.each([
  ['nar/1.nar.xz', 'nar/1.nar.xz'],
  ['https://corp.example/nar/1.nar.xz', `${route.url}/nar/1.nar.xz`],
  ['https://CORP.example:443/nar/1?hash=2', `${route.url}/nar/1?hash=2`],
  ['https://static.example/nar/1.nar.xz', 'https://static.example/nar/1.nar.xz'],
])('an archive at %s is asked for at %s', (url, to) => {
  const info = (at: string) => `StorePath: /nix/store/0-a\nURL: ${at}\nReferences: \nSig: a:b\n`
  expect(routedNarInfo(info(url), route)).toBe(info(to))
})

test('what a cache of nix says of a path has its place, and nothing else is changed', () => {
  const path = `/${'0'.repeat(32)}.narinfo`
  const [nix, pip] = [givenSecret({ tools: ['nix'] }), givenSecret({ tools: ['pip'] })]
  expect([path, `/team${path}`].map((each) => isNarInfo(nix, each))).toEqual([true, true])
  const others = ['/nix-cache-info', '/nar/0.nar', '/0.narinfo', `${path}?a`, `${path}/`]
  expect(others.filter((each) => isNarInfo(nix, each))).toEqual([])
  expect(isNarInfo(pip, path)).toBe(false)
  for (const text of ['', 'URL:', 'Other: https://corp.example/', '<html>'])
    expect(routedNarInfo(text, route)).toBe(text)
})

async function cargoAt(listener: RequestListener) {
  const { port, trusted } = await tlsUpstream(listener)
  const secrets = [givenSecret({ port, tools: ['cargo'], path: '/index' })]
  const gateway = await testGateway({ secrets, trusted })
  const ask = (line: string) => `${line} HTTP/1.1\r\nHost: 10.0.2.101:3128\r\nConnection: close\r\n\r\n`
  return { port, get: (path: string, method = 'GET') => gateway.send(ask(`${method} /secrets/CORP${path}`)) }
}

test('one file of a registry of crates is changed, and only where it is there as a whole', async () => {
  const dl = (port: number | undefined) => JSON.stringify({ dl: `https://localhost:${port}/dl`, 'auth-required': true })
  let status = 200
  const cargo = await cargoAt(({ url, method, socket }, response) => {
    const text = `${dl(socket.localPort)}${' '.repeat(url === '/index/config.json' ? 60_000 : 0)}`
    response.writeHead(status, status === 304 ? { etag: '"1"' } : { 'content-length': text.length })
    response.end(method === 'HEAD' || status === 304 ? undefined : text)
  })
  expect(await cargo.get('/index/config.json')).toMatch(/\r\n\{"dl":"http:\/\/10\.0\.2\.101:3128\/secrets\/CORP\/dl"\}/)
  expect(await cargo.get('/index/config.json', 'HEAD')).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\n$/s)
  for (const path of ['/config.json', '/index/1/a', '/index/config.json.sig'])
    expect(await cargo.get(path), path).toContain(dl(cargo.port))
  status = 404
  expect(await cargo.get('/index/config.json')).toContain(dl(cargo.port))
  status = 304
  expect(await cargo.get('/index/config.json')).toMatch(/^HTTP\/1\.1 304 .*\r\n\r\n$/s)
})

type Answer = (response: Parameters<RequestListener>[1]) => void

test.each<[string, Answer]>([
  ['too long', (response) => response.end(`{"dl":"${'x'.repeat(1_100_000)}"}`)],
  ['cut off', (response) => response.writeHead(200, { 'content-length': 90 }).write('{', () => response.destroy())],
  ['a page', (response) => response.end(`<html>${secretValue}</html>`)],
])('a configuration that is %s never looks whole to the guest', async (_what, answer) => {
  const cargo = await cargoAt((_request, response) => answer(response))
  const answered = await cargo.get('/index/config.json')
  expect(answered).not.toContain(secretValue)
  expect(answered).not.toMatch(/\r\n0\r\n\r\n$/)
})
