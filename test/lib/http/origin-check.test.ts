import { expect, test } from 'vitest'
import { originProblem } from '../../../main/lib/http/origin-check.ts'

const problemOf = (headers: Record<string, string>, allowedHosts: readonly string[] = []) =>
  originProblem({ headers, socket: { localAddress: '127.0.0.1' } as never }, allowedHosts)

const host = '127.0.0.1:8765'

test.each([
  [{ host }],
  [{ host, 'sec-fetch-site': 'same-origin' }],
  [{ host, 'sec-fetch-site': 'none' }],
  [{ host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }],
  [{ host: 'localhost:9' }],
  [{ host: '[::1]:8765' }],
])('%j may pass', (headers) => {
  expect(problemOf(headers)).toBeUndefined()
})

test.each([
  [{ host, 'sec-fetch-site': 'cross-site' }, 'another site'],
  [{ host, 'sec-fetch-site': 'same-site' }, 'another site'],
  [{ host, origin: 'http://127.0.0.1:3000' }, 'Origin'],
  [{ host, origin: `https://${host}` }, 'Origin'],
  [{ host, origin: 'null' }, 'Origin'],
  [{ host: 'rebound.example:8765' }, 'Host'],
  [{}, 'Host'],
])('%j is refused for its %s', (headers, named) => {
  expect(problemOf(headers)).toContain(named)
})

test('a name that the user allowed may stand on a proxy with TLS', () => {
  expect(problemOf({ host: 'box.example', origin: 'https://box.example' }, ['box.example'])).toBeUndefined()
  expect(problemOf({ host: 'box.example', origin: 'https://box.example' })).toContain('Host')
})
