import { AppError } from '../core/failure.ts'
import type { EgressPolicy } from '../core/network/egress.ts'
import type { GatewayApi, GatewayConfig } from '../core/network/gateway.ts'
import type { GatewaySecret, Secret } from '../core/network/secret.ts'
import {
  agentVariables,
  apiUrl,
  baseUrlVariable,
  type GuestEnvironment,
  guestEnvironment,
  publicApi,
} from './guest-environment.ts'
import { nixConfig } from './secrets/nix-config.ts'
import { secretVariables } from './secrets/secret-variables.ts'
import type { Key, KeyVariable } from './token.ts'

/** What the user wants of a task's network. */
export interface NetworkWish {
  readonly policy: EgressPolicy
  readonly key: Key
  /** `open`: only where the policy is open. */
  readonly keyInGuest: boolean | 'open'
  /** Of tasks whose policy is not open. */
  readonly serverTools: GatewayApi['serverTools']
  readonly env: NodeJS.ProcessEnv
  /** That tasks of the repository may use. */
  readonly secrets?: readonly { readonly secret: Secret; readonly gateway: GatewaySecret }[]
}

/** What the machine driver can do for it. */
export interface NetworkMeans {
  readonly forwardAddress: string
  readonly gatewayUrl: string | null
  readonly canClose: boolean
}

/** What a task gets of network, key and environment. */
export interface GuestNetwork extends GuestEnvironment {
  /** The key as the guest has it: a stand-in where the gateway has the real one. */
  readonly key: { readonly variable: KeyVariable; readonly value: string }
  /** Whether the guest has a way of its own to the internet. */
  readonly egress: 'open' | 'closed'
  readonly gateway?: GatewayConfig
}

/**
 * Turns policy and key into what the guest is given and what its gateway lets through. The agent reaches its API under every
 * policy: straight, through a forward, or through the gateway. Pure.
 * @throws AppError('host-incomplete') for what this host's machines cannot hold, AppError('argument-invalid') for a bad base URL.
 */
export function guestNetwork(wish: NetworkWish, means: NetworkMeans): GuestNetwork {
  const { policy, secrets = [] } = wish
  const egress = policy.kind === 'open' ? 'open' : 'closed'
  if (egress === 'closed' && !means.canClose) throw cannot('keep a guest from the network')
  const hosts = policy.kind === 'hosts' ? policy.hosts : []
  const { api, listed = [], ...given } = wayToApi(wish, means)
  const rules = [...hosts, ...listed]
  if (rules.length === 0 && !api && secrets.length === 0) return { ...given, egress }
  const gatewayUrl = gatewayUrlOf(means)
  const known = secrets.map(({ secret }) => secret)
  const nix = nixConfig(known, gatewayUrl, policy.kind === 'open' ? 'open' : hosts.length > 0 ? 'listed' : 'none')
  const variables = {
    ...given.variables,
    ...proxyVariables(rules, gatewayUrl, means),
    ...secretVariables(known, gatewayUrl),
    ...(nix !== undefined && { NIX_CONFIG: nix }),
  }
  const held = secrets.length > 0 ? { secrets: secrets.map(({ gateway }) => gateway) } : {}
  return { ...given, variables, egress, gateway: { hosts: rules, api: api ?? null, ...held } }
}

interface WayToApi extends GuestEnvironment {
  readonly key: GuestNetwork['key']
  /** What the gateway is to ask in the guest's place. */
  readonly api?: GatewayApi
  /** What the gateway is to let through. */
  readonly listed?: readonly string[]
}

/**
 * Where the network is not open, the gateway asks the API in every guest's place, with the user's key whatever the guest sends: an
 * API that is asked with a key of another person's carries anything out. It also asks an API that the user named, which may be in a
 * private network that guests do not reach. Machines without a gateway leave both to the guest.
 */
function wayToApi(wish: NetworkWish, means: NetworkMeans): WayToApi {
  const { policy, env } = wish
  const { variable, value } = wish.key
  const isOpen = policy.kind === 'open'
  const keyInGuest = wish.keyInGuest === 'open' ? isOpen : wish.keyInGuest
  const key = { variable, value: keyInGuest ? value : standIns[variable] }
  if (!keyInGuest || (!isOpen && means.gatewayUrl !== null)) {
    const credential = { header: headers[variable], key: value }
    const serverTools = isOpen ? 'allow' : wish.serverTools
    return { ...throughGateway(env, gatewayUrlOf(means)), key, api: { url: upstream(env), credential, serverTools } }
  }
  const own = guestEnvironment(env, means.forwardAddress)
  if (own.forwards.length > 0) return { ...own, key }
  if (means.gatewayUrl !== null && apiUrl(env).origin !== publicApi) {
    const api = { url: upstream(env), credential: null, serverTools: 'allow' } as const
    return { ...throughGateway(env, means.gatewayUrl), key, api }
  }
  return { ...own, key, ...(!isOpen && { listed: [apiRule(env)] }) }
}

const throughGateway = (env: NodeJS.ProcessEnv, url: string): GuestEnvironment => ({
  variables: { ...agentVariables(env), [baseUrlVariable]: url },
  forwards: [],
})

/** How Claude Code sends each kind of key. */
const headers = { ANTHROPIC_API_KEY: 'x-api-key', CLAUDE_CODE_OAUTH_TOKEN: 'authorization' } as const

/** In the form of the real ones, so that Claude Code speaks to the gateway as it would to the API. */
const standIns: Readonly<Record<KeyVariable, string>> = {
  ANTHROPIC_API_KEY: 'sk-ant-api03-the-host-has-the-key',
  CLAUDE_CODE_OAUTH_TOKEN: 'sk-ant-oat01-the-host-has-the-token',
}

/** What curl, git, nix, npm, pip, Go, Claude Code and the like look for, each in its own spelling; Node wants to be told to look. */
function proxyVariables(
  hosts: readonly string[],
  url: string,
  { forwardAddress }: NetworkMeans,
): Record<string, string> {
  if (hosts.length === 0) return {}
  const direct = [...new Set(['localhost', '127.0.0.1', '::1', forwardAddress, new URL(url).hostname])].join(',')
  return {
    ...{ HTTP_PROXY: url, HTTPS_PROXY: url, ALL_PROXY: url, http_proxy: url, https_proxy: url, all_proxy: url },
    ...{ NO_PROXY: direct, no_proxy: direct, NODE_USE_ENV_PROXY: '1' },
  }
}

/** The API as a rule of the gateway. */
function apiRule(env: NodeJS.ProcessEnv): string {
  const { hostname, port, protocol } = apiUrl(env)
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}

function upstream(env: NodeJS.ProcessEnv): string {
  const url = apiUrl(env)
  if (url.username === '' && url.password === '') return `${url.origin}${url.pathname}`
  throw new AppError('argument-invalid', `${baseUrlVariable} holds a name or password, which cannot be sent`, {
    hint: 'Leave them out of the URL',
  })
}

function gatewayUrlOf({ gatewayUrl }: NetworkMeans): string {
  if (gatewayUrl === null) throw cannot('run a gateway, which lists of hosts, secrets and keys outside the guest need')
  return gatewayUrl
}

const cannot = (what: string): AppError =>
  new AppError('host-incomplete', `Virtual machines of this host cannot ${what}`, {
    hint: 'Use a Linux host, or the egress policy open and keyInGuest: true',
  })
