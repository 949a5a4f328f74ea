import { expect, test } from 'vitest'
import type { GatewayConfig } from '../../../main/core/network/gateway.ts'
import type { GatewaySecret } from '../../../main/core/network/secret.ts'
import { requireForNode } from '../../../main/tasks/slots/for-node.ts'

const place = { name: 'desk', key: 'node' } as const
const asking = (url: string): GatewayConfig => ({ hosts: [], api: { url, credential: null, serverTools: 'allow' } })
const secret = {
  ...{ name: 'TOKEN', origin: 'https://git.example', path: '/', header: { name: 'Authorization', value: 'Bearer t' } },
  ...({ methods: ['GET'], tools: [], tokenOrigins: [], hidden: ['t'] } as const),
} as const satisfies GatewaySecret

test('a place that has the key is given no secret, and no API that is on this host alone', () => {
  requireForNode(place, asking('https://api.anthropic.com/'))
  requireForNode(place, undefined)
  for (const url of ['http://127.0.0.1:4000', 'http://localhost', 'http://gateway.localhost', 'http://[::1]:4000'])
    expect(() => requireForNode(place, asking(url)), url).toThrow(/is this host alone/)
  expect(() => requireForNode(place, { hosts: [], api: null, secrets: [secret] })).toThrow(/has secrets/)
})
