import { expect, test } from 'vitest'
import type { Secret } from '../../../main/core/network/secret.ts'
import { guestNetwork } from '../../../main/settings/guest-network.ts'
import { gatewaySecret } from '../../../main/settings/secrets/gateway-secret.ts'
import { secretVariables } from '../../../main/settings/secrets/secret-variables.ts'
import type { Key } from '../../../main/settings/token.ts'
import { secretOf, secretValue } from '../../support/web/secret-upstream.ts'

const gatewayUrl = 'http://10.0.2.101:3128'
const means = { forwardAddress: '10.0.2.100', gatewayUrl, canClose: true }
const key: Key = { variable: 'ANTHROPIC_API_KEY', value: 'sk-ant-api03-real', source: 'file' }
const hosts = { kind: 'hosts', hosts: ['github.com'] } as const
const both = (secret: Secret) => ({ secret, gateway: gatewaySecret(secret, secretValue) })
const network = (policy: Parameters<typeof guestNetwork>[0]['policy'], secrets: readonly Secret[], has = means) =>
  guestNetwork({ policy, key, keyInGuest: 'open', serverTools: 'refuse', env: {}, secrets: secrets.map(both) }, has)

test('every secret has a route by a variable, and npm, pip and git have what points them at theirs', () => {
  const variables = secretVariables(
    [
      secretOf({ name: 'API' }),
      secretOf({ name: 'NPM', host: 'npm.example.test', tools: ['npm'], path: '/api/npm/all' }),
      secretOf({ name: 'PIP', host: 'pypi.example.test', tools: ['pip'] }),
      secretOf({ name: 'HUB', host: 'github.com', tools: ['git'] }),
      secretOf({ name: 'CRATES', host: 'crates.example.test', port: 8443, tools: ['cargo'], path: '/index' }),
      secretOf({ name: 'CRATES2', host: '::1', tools: ['cargo'] }),
      secretOf({ name: 'IMAGES_', host: 'images.example.test', port: 5000, tools: ['docker'] }),
      secretOf({ name: 'HUB_2', host: 'registry-1.docker.io', tools: ['docker'] }),
      secretOf({ name: 'LAB', host: 'lab.example.test', port: 8443, tools: ['git'] }),
    ],
    gatewayUrl,
  )
  expect(variables).toEqual({
    SECRET_API_URL: `${gatewayUrl}/secrets/API`,
    SECRET_NPM_URL: `${gatewayUrl}/secrets/NPM`,
    SECRET_PIP_URL: `${gatewayUrl}/secrets/PIP`,
    SECRET_HUB_URL: `${gatewayUrl}/secrets/HUB`,
    SECRET_CRATES_URL: `${gatewayUrl}/secrets/CRATES`,
    SECRET_CRATES2_URL: `${gatewayUrl}/secrets/CRATES2`,
    MICROVM_CARGO_CONFIG: `[source.secret-CRATES]
registry = "sparse+https://crates.example.test:8443/index/"
replace-with = "route-CRATES"

[source.route-CRATES]
registry = "sparse+${gatewayUrl}/secrets/CRATES/index/"

[source.secret-CRATES2]
registry = "sparse+https://[::1]/"
replace-with = "route-CRATES2"

[source.route-CRATES2]
registry = "sparse+${gatewayUrl}/secrets/CRATES2/"
`,
    SECRET_IMAGES__URL: `${gatewayUrl}/secrets/IMAGES_`,
    SECRET_HUB_2_URL: `${gatewayUrl}/secrets/HUB_2`,
    MICROVM_CONTAINER_REGISTRIES: `[[registry]]
prefix = "images.example.test:5000"
location = "10.0.2.101:3128/secrets/images--images"
insecure = true

[[registry]]
prefix = "docker.io"
location = "10.0.2.101:3128/secrets/hub-2-images"
insecure = true

[[registry]]
prefix = "10.0.2.101:3128"
location = "10.0.2.101:3128"
insecure = true
`,
    SECRET_LAB_URL: `${gatewayUrl}/secrets/LAB`,
    npm_config_registry: `${gatewayUrl}/api/npm/all/`,
    npm_config_replace_registry_host: 'npm.example.test',
    ...{ npm_config_audit: 'false', npm_config_update_notifier: 'false' },
    PIP_INDEX_URL: `${gatewayUrl}/secrets/PIP/simple/`,
    ...{ PIP_TRUSTED_HOST: '10.0.2.101:3128', PIP_DISABLE_PIP_VERSION_CHECK: '1' },
    GIT_CONFIG_COUNT: '4',
    ...{ GIT_CONFIG_KEY_0: `url.${gatewayUrl}/secrets/HUB/.insteadOf`, GIT_CONFIG_VALUE_0: 'https://github.com/' },
    ...{ GIT_CONFIG_KEY_1: `url.${gatewayUrl}/secrets/HUB/.insteadOf`, GIT_CONFIG_VALUE_1: 'ssh://git@github.com/' },
    ...{ GIT_CONFIG_KEY_2: `url.${gatewayUrl}/secrets/HUB/.insteadOf`, GIT_CONFIG_VALUE_2: 'git@github.com:' },
    GIT_CONFIG_KEY_3: `url.${gatewayUrl}/secrets/LAB/.insteadOf`,
    GIT_CONFIG_VALUE_3: 'https://lab.example.test:8443/',
    ...{ GIT_TERMINAL_PROMPT: '0', CARGO_NET_GIT_FETCH_WITH_CLI: 'true' },
  })
})

test('nix has caches beside its own where there is a network, and in their place where there is none', () => {
  const publicKey = `corp-1:${'A'.repeat(43)}=`
  const secrets = [
    secretOf({ name: 'CACHE', tools: ['nix'], path: '/team/', publicKey }),
    secretOf({ name: 'OTHER', tools: ['nix'] }),
  ]
  const urls = `${gatewayUrl}/secrets/CACHE/team ${gatewayUrl}/secrets/OTHER`
  const keys = `extra-trusted-public-keys = ${publicKey}`
  const config = (policy: Parameters<typeof network>[0], with_ = secrets) => network(policy, with_).variables.NIX_CONFIG
  expect(config({ kind: 'open' })).toBe(`extra-substituters = ${urls}\n${keys}`)
  expect(config(hosts)).toBe(`extra-substituters = ${urls}\n${keys}`)
  expect(config({ kind: 'closed' })).toBe(`flake-registry =\nconnect-timeout = 5\nsubstituters = ${urls}\n${keys}`)
  expect(config({ kind: 'open' }, secrets.slice(1))).toBe(`extra-substituters = ${gatewayUrl}/secrets/OTHER`)
  expect(config({ kind: 'open' }, [secretOf()])).toBeUndefined()
})

test('two secrets that one tool could not part are refused, and two hosts of git are not', () => {
  const two = (tool: 'npm' | 'pip' | 'git' | 'cargo' | 'docker', host = 'localhost') =>
    ['A', 'B'].map((name) => secretOf({ name, tools: [tool], ...(name === 'B' && { host }) }))
  for (const tool of ['npm', 'pip', 'git', 'cargo', 'docker'] as const)
    expect(() => secretVariables(two(tool), gatewayUrl)).toThrow(`${tool} can use only one of the secrets A and B`)
  expect(() => secretVariables(two('npm', 'other.example'), gatewayUrl)).toThrow('only one')
  expect(() => secretVariables(two('git', 'other.example'), gatewayUrl)).not.toThrow()
  const indexes = ['/a', '/b/'].map((path, index) => secretOf({ name: `A${index}`, tools: ['cargo'], path }))
  expect(() => secretVariables(indexes, gatewayUrl)).not.toThrow()
  const same = indexes.map((one) => ({ ...one, path: one.path === '/a' ? '/b' : one.path }))
  expect(() => secretVariables(same, gatewayUrl)).toThrow('cargo can use only one')
})

test.each([{ kind: 'open' }, { kind: 'closed' }, hosts] as const)(
  'under $kind the guest has the route, and only the gateway the secret',
  (policy) => {
    const { gateway, ...guest } = network(policy, [secretOf({ tools: ['git'] })])
    expect(guest.variables).toMatchObject({ SECRET_CORP_URL: `${gatewayUrl}/secrets/CORP`, GIT_CONFIG_COUNT: '3' })
    expect(JSON.stringify(guest)).not.toContain(secretValue)
    expect(gateway?.secrets).toEqual([gatewaySecret(secretOf({ tools: ['git'] }), secretValue)])
    expect(gateway?.hosts).toEqual(policy.kind === 'hosts' ? policy.hosts : [])
    expect('HTTPS_PROXY' in guest.variables).toBe(policy.kind === 'hosts')
    expect(gateway?.api === null).toBe(policy.kind === 'open')
  },
)

test('a task without secrets has nothing of them, and machines without a gateway can have none', () => {
  expect(network({ kind: 'closed' }, []).gateway).not.toHaveProperty('secrets')
  expect(network({ kind: 'open' }, [])).not.toHaveProperty('gateway')
  expect(() => network({ kind: 'open' }, [secretOf()], { ...means, gatewayUrl: null as never })).toThrow(/secrets/)
})

test('a registry of images may give tokens at its own host and at the one that is known or named, for a password alone', () => {
  const origins = (changes: Partial<Secret>) => gatewaySecret(secretOf(changes), secretValue).tokenOrigins
  const docker = { tools: ['docker'], form: { kind: 'basic', user: 'me' } } as const
  expect(origins({ ...docker, port: 5000 })).toEqual(['https://localhost:5000'])
  expect(origins({ ...docker, host: 'registry-1.docker.io' })).toEqual([
    'https://registry-1.docker.io',
    'https://auth.docker.io',
  ])
  expect(origins({ ...docker, host: 'a.example', tokenHost: 'b.example:8443' })).toEqual([
    'https://a.example',
    'https://b.example:8443',
  ])
  expect(origins({ ...docker, form: { kind: 'bearer' } })).toEqual([])
  expect(origins({ ...docker, tools: ['git'] })).toEqual([])
})
