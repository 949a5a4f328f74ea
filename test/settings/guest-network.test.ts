import { describe, expect, test } from 'vitest'
import type { EgressPolicy } from '../../main/core/egress.ts'
import { guestNetwork } from '../../main/settings/guest-network.ts'
import type { Key } from '../../main/settings/token.ts'

const means = { forwardAddress: '10.0.2.100', gatewayUrl: 'http://10.0.2.101:3128', canClose: true }
const key: Key = { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-api03-real', source: 'file' }
const hosts: EgressPolicy = { kind: 'hosts', hosts: ['github.com', '*.npmjs.org'] }
const local = { ANTHROPIC_BASE_URL: 'http://127.0.0.1:4000/v2' }
const remote = { ANTHROPIC_BASE_URL: 'https://gateway.example:8443/anthropic' }

const network = (policy: EgressPolicy, env: NodeJS.ProcessEnv = {}, keyInGuest = true, given = key) =>
  guestNetwork({ policy, key: given, keyInGuest, env }, means)

describe('with the key in the guest', () => {
  test('an open one is on its own, with no gateway and no proxy', () => {
    expect(network({ kind: 'open' })).toEqual({
      ...{ variables: {}, forwards: [], egress: 'open' },
      key: { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-api03-real' },
    })
  })

  test('a closed one reaches its API: by a forward on this host, else by a gateway that lets nothing else through', () => {
    expect(network({ kind: 'closed' }, local)).toMatchObject({
      forwards: [{ host: '127.0.0.1', port: 4000 }],
      variables: { ANTHROPIC_BASE_URL: 'http://10.0.2.100:4000/v2' },
    })
    expect(network({ kind: 'closed' }, local)).not.toHaveProperty('gateway')
    const { gateway, variables, egress } = network({ kind: 'closed' })
    expect([egress, gateway]).toEqual(['closed', { hosts: ['api.anthropic.com:443'], api: null }])
    expect(variables.HTTPS_PROXY).toBe('http://10.0.2.101:3128')
    expect(variables).not.toHaveProperty('NIX_CONFIG')
  })

  test('an API that the user named is asked by the gateway under every policy: it may be in a private network', () => {
    for (const policy of [{ kind: 'open' }, { kind: 'closed' }, hosts] as const) {
      const { gateway, variables, key: given } = network(policy, remote)
      expect(given.value).toBe(key.value)
      expect(variables.ANTHROPIC_BASE_URL).toBe('http://10.0.2.101:3128')
      expect(gateway?.api).toEqual({ url: 'https://gateway.example:8443/anthropic', credential: null })
      expect(gateway?.hosts).toEqual(policy.kind === 'hosts' ? policy.hosts : [])
    }
    const without = guestNetwork(
      { policy: { kind: 'open' }, key, keyInGuest: true, env: remote },
      { ...means, gatewayUrl: null },
    )
    expect(without).toMatchObject({ variables: remote, forwards: [] })
    expect(without).not.toHaveProperty('gateway')
  })

  test('a list goes to the gateway with the API, and programs are told where it is', () => {
    const { gateway, variables, egress, forwards } = network(hosts)
    expect(gateway).toEqual({ hosts: ['github.com', '*.npmjs.org', 'api.anthropic.com:443'], api: null })
    expect([egress, forwards]).toEqual(['closed', []])
    const url = 'http://10.0.2.101:3128'
    expect(variables).toEqual({
      ...{ HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, http_proxy: url, https_proxy: url, all_proxy: url },
      NO_PROXY: 'localhost,127.0.0.1,::1,10.0.2.100,10.0.2.101',
      no_proxy: 'localhost,127.0.0.1,::1,10.0.2.100,10.0.2.101',
      ...{ NODE_USE_ENV_PROXY: '1', NIX_CONFIG: '' },
    })
    expect(network(hosts, local)).toMatchObject({ gateway: { hosts: hosts.hosts }, forwards: [{ port: 4000 }] })
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

  test('the gateway asks the API that the host would, with the header that suits the key', () => {
    const upstream = (env: NodeJS.ProcessEnv, given = key) => network(hosts, env, false, given).gateway?.api
    expect(upstream({})).toEqual({
      url: 'https://api.anthropic.com/',
      credential: { header: 'x-api-key', key: key.value },
    })
    expect(upstream(remote)?.url).toBe('https://gateway.example:8443/anthropic')
    expect(upstream({ ANTHROPIC_BASE_URL: 'https://localhost:9' })?.url).toBe('https://localhost:9/')
    const token: Key = { variable: 'CLAUDE_CODE_OAUTH_TOKEN', value: 'sk-ant-oat01-real', source: 'file' }
    expect(upstream({}, token)?.credential).toEqual({ header: 'authorization', key: token.value })
    expect(() => upstream({ ANTHROPIC_BASE_URL: 'https://user:word@gateway.example' })).toThrow('name or password')
  })
})

test('what the machines of a host cannot hold is refused, and says what would work', () => {
  const refused = (policy: EgressPolicy, keyInGuest: boolean, lacks: object) => () =>
    guestNetwork({ policy, key, keyInGuest, env: local }, { ...means, ...lacks })
  const error = expect.objectContaining({ code: 'host-incomplete', hint: expect.stringContaining('Linux') })
  expect(refused(hosts, true, { gatewayUrl: null })).toThrow(error)
  expect(refused({ kind: 'open' }, false, { gatewayUrl: null })).toThrow(error)
  expect(refused({ kind: 'closed' }, true, { canClose: false })).toThrow(error)
  expect(refused({ kind: 'open' }, true, { gatewayUrl: null, canClose: false })).not.toThrow()
  expect(refused({ kind: 'closed' }, true, { gatewayUrl: null })).not.toThrow()
})
