import { z } from 'zod'
import type { EgressPolicy } from '../../core/network/egress.ts'
import { canonicalHost, type Destination, isAddress, isListed, parseHostRule } from '../../core/network/host-rule.ts'
import { addressKind } from '../../lib/address-kind.ts'
import type { HomeCopies, HomeFiles } from './home-copies.ts'
import { readOwnJson } from './read-own-json.ts'

/** What the task's guest will reach. */
export interface Reach {
  readonly policy: EgressPolicy
  readonly privateNetworks: boolean
}

/** The folder in Claude Code's own one, of whose files become-claude.sh tells Claude. */
const serversFolder = 'mcp-servers'

/** Whether servers are among what comes along. */
export const bringsServers = (home: HomeFiles | null): boolean =>
  home?.files.some(({ path }) => path.startsWith(`${serversFolder}/`)) ?? false

const mostServers = 32

/** `mcpServers` as Claude Code 2.1.330 keeps those of the user in .claude.json. */
const stateSchema = z.object({ mcpServers: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) })

/**
 * Adds the user's MCP servers that are a URL and nothing else, each as a file of its own.
 * @throws AppError('home-unusable') for a file that cannot be read or understood.
 */
export async function takeServers(copies: HomeCopies, state: string, reach: Reach): Promise<void> {
  const { mcpServers } = (await readOwnJson(state, stateSchema)) ?? { mcpServers: {} }
  let taken = 0
  for (const [name, server] of Object.entries(mcpServers).sort(([one], [other]) => (one < other ? -1 : 1))) {
    const path = `${serversFolder}/${name.replace(/[^\w-]/g, '?').slice(0, 64)}.json`
    const judged = judge(name, server, reach)
    if (typeof judged === 'string') copies.leave(path, judged)
    else if (taken >= mostServers) copies.leave(path, `more than ${mostServers} servers`)
    else {
      const text = JSON.stringify({ mcpServers: { [name]: judged } })
      if (copies.add(path, text, judged.url)) taken += 1
    }
  }
}

interface Server {
  readonly type: 'http' | 'sse'
  readonly url: string
}

/** The server as the guest is given it; why it stays at home. Pure. */
function judge(name: string, { type, url, ...rest }: Readonly<Record<string, unknown>>, reach: Reach): Server | string {
  if (!/^[\w-]{1,64}$/.test(name)) return 'its name has more than letters, digits, - and _'
  if ((type === undefined && url === undefined) || type === 'stdio' || rest.command !== undefined)
    return 'it starts a program'
  if (type !== 'http' && type !== 'sse') return 'it is not of the type http or sse'
  const more = Object.keys(rest).filter((key) => !isEmpty(rest[key]))
  if (more.some((key) => key.startsWith('headers'))) {
    return 'it has headers, which may hold a secret (what its host asks for is given by microvm-orchestrator secrets add)'
  }
  if (more.length > 0)
    return `it has more than a URL: ${more
      .join(', ')
      .replace(/[^\w, -]/g, '?')
      .slice(0, 80)}`
  const target = typeof url === 'string' && url.length <= 2000 ? URL.parse(url) : null
  if (target === null || typeof url !== 'string' || !/^https?:$/.test(target.protocol))
    return 'it has no URL of http or https'
  if (mayHoldSecret(url, target)) return 'its URL has a user, a query, a variable or a part that may be a secret'
  const host = canonicalHost(target.hostname)
  if (host === undefined) return 'its URL has no host that can be reached'
  const port = target.port === '' ? (target.protocol === 'https:' ? 443 : 80) : Number(target.port)
  return whyUnreachable({ host, port }, reach) ?? { type, url: target.href }
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.keys(value).length === 0)

const mayHoldSecret = (url: string, { username, password, search, hash, pathname }: URL): boolean =>
  url.includes('$') ||
  [username, password, search, hash].some((each) => each !== '') ||
  pathname.split('/').some((segment) => segment.length > 40 || /^(?=.*\d)[^/]{16,}$/.test(segment))

function whyUnreachable(destination: Destination, { policy, privateNetworks }: Reach): string | null {
  const { host } = destination
  switch (policy.kind) {
    case 'closed':
      return 'the egress policy is closed'
    case 'hosts': {
      const rules = policy.hosts.map(parseHostRule).filter((rule) => typeof rule !== 'string')
      return isListed(rules, destination) ? null : `the egress policy does not list ${host}`
    }
    case 'open': {
      const kind = isAddress(host) ? addressKind(host) : isLocalName(host) ? 'unusable' : 'public'
      return kind === 'public' || (kind === 'private' && privateNetworks) ? null : `no task reaches ${host}`
    }
  }
}

const isLocalName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost')
