import { expect, test } from 'vitest'
import {
  comesFromAnotherPage,
  headersForBrowser,
  headersForGuest,
  previewOf,
} from '../../../main/web/preview/preview-rules.ts'
import { taskId } from '../../support/tasks.ts'

const preview = { id: taskId('abcd1234'), port: 5173 }
const own = 'http://abcd1234-5173-0123456789abcdef.localhost:8766'

test.each([
  ['abcd1234-5173-0123456789abcdef.localhost:8766', { ...preview, secret: '0123456789abcdef' }],
  ['abcd1234-5173.localhost:8766', undefined],
  ['abcd1234-5173-0123456789abcde.localhost:8766', undefined],
  ['abcd1234-5173-0123456789abcdef.localhost:8767', undefined],
  ['abcd1234-5173-0123456789abcdef.localhost', undefined],
  ['127.0.0.1:8766', undefined],
  ['localhost:8766', undefined],
  ['abcd1234-5173-0123456789abcdef.localhost.evil.test:8766', undefined],
  ['evil.test:8766', undefined],
  ['x.abcd1234-5173-0123456789abcdef.localhost:8766', undefined],
  ['../d1234-5173-0123456789abcdef.localhost:8766', undefined],
  ['abcd1234-05173-0123456789abcdef.localhost:8766', undefined],
  [undefined, undefined],
])('the name %s is of %j', (host, expected) => {
  expect(previewOf(host, 8766)).toEqual(expected)
})

test.each<[string, string, Record<string, string>, boolean]>([
  ['a program without a browser', 'POST', {}, false],
  ['its own page', 'POST', { origin: own, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, false],
  ['an address that the user typed', 'GET', { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }, false],
  [
    'a link',
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    false,
  ],
  [
    'a frame',
    'GET',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    true,
  ],
  [
    'a form',
    'POST',
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    true,
  ],
  ['an image', 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }, true],
  ['another preview', 'GET', { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'no-cors' }, true],
  ['a script of another origin', 'GET', { origin: 'http://evil.test' }, true],
  ['a page without an origin', 'POST', { origin: 'null' }, true],
  ['a WebSocket of the window', 'GET', { origin: 'http://127.0.0.1:8765', 'sec-fetch-mode': 'websocket' }, true],
])('%s with %s comes from another page: %j', (_, method, headers, expected) => {
  expect(comesFromAnotherPage({ method, headers }, own)).toBe(expected)
})

test('the guest sees itself as the host, and nothing by which the user is known to us', () => {
  expect(
    headersForGuest(
      {
        ...{
          host: 'abcd1234-5173-0123456789abcdef.localhost:8766',
          origin: own,
          referer: `${own}/a?b`,
          authorization: 'Bearer ours',
        },
        ...{ cookie: 'microvm-window-8765=S; mine=1; Microvm-x=2', connection: 'keep-alive', accept: '*/*' },
      },
      preview,
      own,
    ),
  ).toEqual({
    ...{ host: 'localhost:5173', origin: 'http://localhost:5173', referer: 'http://localhost:5173/a?b' },
    ...{ cookie: 'mine=1', accept: '*/*' },
  })
  expect(headersForGuest({ cookie: 'microvm-a=1', referer: 'http://127.0.0.1:8765/' }, preview, own)).toEqual({
    host: 'localhost:5173',
  })
})

test.each([
  ['http://localhost:5173/next?a#b', `${own}/next?a#b`],
  ['http://127.0.0.1:5173', own],
  ['http://[::1]:5173/', `${own}/`],
  ['http://localhost:3000/', 'http://localhost:3000/'],
  ['http://localhost:51730/', 'http://localhost:51730/'],
  ['http://localhost:5173.evil.test/', 'http://localhost:5173.evil.test/'],
  ['http://localhost:5173@evil.test/', 'http://localhost:5173@evil.test/'],
  ['/relative', '/relative'],
  ['https://example.org/', 'https://example.org/'],
])('a redirect to %s leads to %s', (location, expected) => {
  expect(headersForBrowser({ location }, preview, own)).toEqual({ location: expected })
})

test('cookies for more than the one host are dropped, and what is of the connection', () => {
  const cookies = [
    'a=1',
    'b=2; Domain=localhost',
    'c=3;domain = .localhost; Path=/',
    'd=domain=x; Path=/',
    'e="; domain=x"; Domain=x',
  ]
  expect(headersForBrowser({ 'set-cookie': cookies, connection: 'close', 'alt-svc': 'h3=":1"' }, preview, own)).toEqual(
    {
      'set-cookie': ['a=1', 'd=domain=x; Path=/'],
    },
  )
})
