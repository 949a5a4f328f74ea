import { describe, expect, test } from 'vitest'
import type { EgressPolicy } from '../../main/core/network/egress.ts'
import { guestNetwork } from '../../main/settings/guest-network.ts'
import type { Key } from '../../main/settings/token.ts'

const means = { forwardAddress: '10.0.2.100', gatewayUrl: 'http://10.0.2.101:3128', canClose: true }
const key: Key = { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-api03-real', source: 'file' }
const hosts: EgressPolicy = { kind: 'hosts', hosts: ['github.com', '*.npmjs.org'] }
const local = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:4000/v2' }
const remote = { ANTHROPIC_BASE_URL: 'https://gateway.example:8443/anthropic' }

const network = (
  policy: EgressPolicy,
  env: NodeJS.ProcessEnv = {},
  keyInGuest: boolean | 'open' = true,
  given = key,
  serverTools: 'allow' | 'refuse' = 'refuse',
) => guestNetwork({ policy, key: given, keyInGuest, serverTools, env }, means)
const credential = { header: 'x-api-key', key: key.value }

describe('with the key in the guest', () => {
  test('an open one is on its own, with no gateway and no proxy', () => {
    expect(network({ kind: 'open' })).toEqual({
      ...{ variables: {}, forwards: [], egress: 'open' },
      key: { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-api03-real' },
    })
  })

  test('where the network is not open, the gateway asks the API with the key of the host all the same, and nobody else can', () => {
    for (const policy of [{ kind: 'closed' }, hosts] as const) {
      for (const [env, url] of [
        [{}, 'https://api.anthropic.com/'],
        [local, 'http://127.0.0.1:4000/v2'],
        [remote, 'https://gateway.example:8443/anthropic'],
      ] as const) {
        const { gateway, variables, forwards, egress, key: given } = network(policy, env)
        expect([egress, forwards, given.value]).toEqual(['closed', [], key.value])
        expect(variables.ANTHROPIC_BASE_URL).toBe('http://10.0.2.101:3128')
        expect(gateway).toEqual({
          hosts: policy.kind === 'hosts' ? policy.hosts : [],
          api: { url, credential, serverTools: 'refuse' },
        })
        expect('HTTPS_PROXY' in variables).toBe(policy.kind === 'hosts')
      }
    }
  })

  test('an open one finds an API on this host by a forward, and any other that the user named by the gateway', () => {
    expect(network({ kind: 'open' }, local)).toMatchObject({
      forwards: [{ host: '127.0.0.1', port: 4000 }],
      variables: { ANTHROPIC_BASE_URL: 'http://10.0.2.100:4000/v2' },
    })
    expect(network({ kind: 'open' }, local)).not.toHaveProperty('gateway')
    const { gateway, variables, key: given } = network({ kind: 'open' }, remote)
    expect(given.value).toBe(key.value)
    expect(variables.ANTHROPIC_BASE_URL).toBe('http://10.0.2.101:3128')
    expect(gateway).toEqual({
      hosts: [],
      api: { url: 'https://gateway.example:8443/anthropic', credential: null, serverTools: 'allow' },
    })
  })

  test('machines without a gateway leave the way to the API to the guest', () => {
    const without = (policy: EgressPolicy, env: NodeJS.ProcessEnv) =>
      guestNetwork({ policy, key, keyInGuest: true, serverTools: 'refuse', env }, { ...means, gatewayUrl: null })
    expect(without({ kind: 'open' }, remote)).toMatchObject({ variables: remote, forwards: [] })
    expect(without({ kind: 'open' }, remote)).not.toHaveProperty('gateway')
    expect(without({ kind: 'closed' }, local)).toMatchObject({ forwards: [{ host: '127.0.0.1', port: 4000 }] })
  })

  test('programs under a list are told where the gateway is, and that the API is not asked through it', () => {
    const url = 'http://10.0.2.101:3128'
    expect(network(hosts).variables).toEqual({
      ANTHROPIC_BASE_URL: url,
      ...{ HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, http_proxy: url, https_proxy: url, all_proxy: url },
      NO_PROXY: 'localhost,127.0.0.1,::1,10.0.2.100,10.0.2.101',
      no_proxy: 'localhost,127.0.0.1,::1,10.0.2.100,10.0.2.101',
      ...{ NODE_USE_ENV_PROXY: '1', NIX_CONFIG: '' },
    })
  })
})

describe('with the key on the host', () => {
  test.each([{ kind: 'open' }, { kind: 'closed' }, hosts] as const)('a guest under $kind has a stand-in', (policy) => {
    for (const env of [{}, local, remote]) {
      const { gateway, ...guest } = network(policy, env, false)
      expect(JSON.stringify(guest)).not.toContain(key.value)
      expect(guest).toMatchObject({ forwards: [], variables: { ANTHROPIC_BASE_URL: 'http://10.0.2.101:3128' } })
      expect(gateway?.hosts).toEqual(policy.kind === 'hosts' ? policy.hosts : [])
      for (const name of ['HTTPS_PROXY', 'NIX_CONFIG']) {
        expect(name in guest.variables).toBe(policy.kind === 'hosts')
      }
    }
  })

  test('is the rule where the network is not open, and what the API itself may do is the setting there', () => {
    expect(network({ kind: 'open' }, {}, 'open')).toEqual(network({ kind: 'open' }, {}, true))
    for (const policy of [{ kind: 'closed' }, hosts] as const) {
      expect(network(policy, {}, 'open')).toEqual(network(policy, {}, false))
      expect(network(policy, {}, 'open', key, 'allow').gateway?.api?.serverTools).toBe('allow')
      expect(network(policy, {}, true, key, 'refuse').gateway?.api?.serverTools).toBe('refuse')
    }
    expect(network({ kind: 'open' }, {}, false, key, 'refuse').gateway?.api?.serverTools).toBe('allow')
  })

  test('the gateway asks the API that the host would, with the header that suits the key', () => {
    const upstream = (env: NodeJS.ProcessEnv, given = key) => network(hosts, env, false, given).gateway?.api
    expect(upstream({})).toEqual({ url: 'https://api.anthropic.com/', credential, serverTools: 'refuse' })
    expect(upstream(remote)?.url).toBe('https://gateway.example:8443/anthropic')
    expect(upstream({ ANTHROPIC_BASE_URL: 'https://localhost:9' })?.url).toBe('https://localhost:9/')
    const token: Key = { variable: 'CLAUDE_CODE_OAUTH_TOKEN', value: 'sk-ant-oat01-real', source: 'file' }
    expect(upstream({}, token)?.credential).toEqual({ header: 'authorization', key: token.value })
    expect(() => upstream({ ANTHROPIC_BASE_URL: 'https://user:word@gateway.example' })).toThrow('name or password')
  })
})

test('what the machines of a host cannot hold is refused, and says what would work', () => {
  const refused = (policy: EgressPolicy, keyInGuest: boolean, lacks: object) => () =>
    guestNetwork({ policy, key, keyInGuest, serverTools: 'refuse', env: local }, { ...means, ...lacks })
  const error = expect.objectContaining({ code: 'host-incomplete', hint: expect.stringContaining('Linux') })
  expect(refused(hosts, true, { gatewayUrl: null })).toThrow(error)
  expect(refused({ kind: 'open' }, false, { gatewayUrl: null })).toThrow(error)
  expect(refused({ kind: 'closed' }, true, { canClose: false })).toThrow(error)
  expect(refused({ kind: 'open' }, true, { gatewayUrl: null, canClose: false })).not.toThrow()
  expect(refused({ kind: 'closed' }, true, { gatewayUrl: null })).not.toThrow()
})
