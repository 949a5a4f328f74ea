import { expect, test } from 'vitest'
import type { NetworkEvent } from '../../../main/core/network/gateway.ts'
import { summarize } from '../../../main/core/network/network-summary.ts'

const at = '2026-01-02T03:04:05.000Z'
const event = (verdict: string, host: string, more: object = {}) =>
  ({ at, verdict, host, port: 443, ...more }) as unknown as NetworkEvent

test('a destination is one entry, with all that became of the connections to it', () => {
  expect(
    summarize([
      event('reached', 'a'),
      event('refused', 'b', { reason: 'not-listed' }),
      event('ended', 'a', { up: 1, down: 20 }),
      event('api', 'a', { up: 2, down: 30 }),
      event('secret', 'a', { up: 4, down: 40, secret: 'NPM' }),
      event('secret', 'a', { up: 0, down: 0, secret: 'NPM' }),
      event('failed', 'a', { reason: 'unreachable' }),
      event('full', 'c'),
      event('reached', 'a', { port: 80 }),
    ]),
  ).toEqual([
    {
      ...{ host: 'a', port: 443, reached: 4, up: 7, down: 90, refused: 0, failed: 1 },
      ...{ reason: 'unreachable', secrets: ['NPM'] },
    },
    { host: 'b', port: 443, reached: 0, up: 0, down: 0, refused: 1, failed: 0, reason: 'not-listed', secrets: [] },
    { host: 'a', port: 80, reached: 1, up: 0, down: 0, refused: 0, failed: 0, reason: null, secrets: [] },
  ])
})
