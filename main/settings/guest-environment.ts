import { isIP } from 'node:net'
import { AppError } from '../core/failure.ts'
import { publicApiHost } from '../core/network/host-rule.ts'
import { hostIn, isLoopback, isWildcard } from '../lib/addresses.ts'

/**
 * The host's variables that reach the agent. Only Claude Code's own, only such as hold no secret, no host path and nothing that
 * makes it run a program; each is here because its lack in the guest would surprise anyone who set it.
 */
const passedOn = [
  // Which model works, and which does the small jobs: what the user pays for.
  'ANTHROPIC_MODEL',
  'ANTHROPIC_SMALL_FAST_MODEL',
  'ANTHROPIC_DEFAULT_OPUS_MODEL',
  'ANTHROPIC_DEFAULT_SONNET_MODEL',
  'ANTHROPIC_DEFAULT_HAIKU_MODEL',
  'CLAUDE_CODE_SUBAGENT_MODEL',
  // How much it may think and write.
  'CLAUDE_CODE_MAX_OUTPUT_TOKENS',
  'CLAUDE_CODE_EFFORT_LEVEL',
  'MAX_THINKING_TOKENS',
  // Patience with a slow or busy gateway; without the second a refused key is tried for minutes.
  'API_TIMEOUT_MS',
  'CLAUDE_CODE_MAX_RETRIES',
  // Gateways that cannot cache prompts refuse requests that ask for it.
  'DISABLE_PROMPT_CACHING',
  // What the user does not want sent, on the host or from a guest.
  'DISABLE_TELEMETRY',
  'DISABLE_ERROR_REPORTING',
  'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
  // How long commands may take: builds in a guest are slower than on its host.
  'BASH_DEFAULT_TIMEOUT_MS',
  'BASH_MAX_TIMEOUT_MS',
] as const

export const baseUrlVariable = 'ANTHROPIC_BASE_URL'

export interface GuestEnvironment {
  readonly variables: Readonly<Record<string, string>>
  /** The host's own addresses that the variables name: the guest finds each at the forward address, same port. */
  readonly forwards: readonly { readonly host: string; readonly port: number }[]
}

/**
 * What of the host's environment the agent gets. A base URL on the host's loopback is rewritten to `forwardAddress` and becomes
 * a forward: the guest's own loopback is not the host's. Pure.
 * @throws AppError('argument-invalid') for a base URL that cannot work in a guest, or a variable that holds a NUL or line break.
 */
export function guestEnvironment(env: NodeJS.ProcessEnv, forwardAddress: string): GuestEnvironment {
  const variables = agentVariables(env)
  const text = env[baseUrlVariable]?.trim()
  if (!text) return { variables, forwards: [] }

  const url = parseBaseUrl(text)
  const host = hostIn(url)
  if (!endsAtLoopback(host)) return { variables: { ...variables, [baseUrlVariable]: text }, forwards: [] }
  if (url.protocol === 'https:') {
    throw new AppError('argument-invalid', `${baseUrlVariable} names this host over https, which a guest cannot use`, {
      hint: 'The certificate would not fit the address that the guest sees: use http for a gateway on this host',
    })
  }
  const port = url.port === '' ? 80 : Number(url.port)
  const path = url.pathname === '/' ? '' : url.pathname
  return {
    variables: {
      ...variables,
      [baseUrlVariable]: `http://${credentialsOf(url)}${forwardAddress}:${port}${path}${url.search}`,
    },
    forwards: [{ host: reachable(host), port }],
  }
}

/** What of the host's environment the agent gets, where it finds the API left aside. @throws AppError('argument-invalid') */
export function agentVariables(env: NodeJS.ProcessEnv): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const name of passedOn) {
    const value = env[name]
    if (value) variables[name] = singleLine(name, value)
  }
  return variables
}

export const publicApi = `https://${publicApiHost}`

/** Where the API is, as the host finds it. @throws AppError('argument-invalid') */
export const apiUrl = (env: NodeJS.ProcessEnv): URL => parseBaseUrl(env[baseUrlVariable]?.trim() || publicApi)

function parseBaseUrl(text: string): URL {
  const hint = 'Set it to something like http://127.0.0.1:4000 or https://gateway.example.com, or unset it'
  const url = URL.parse(singleLine(baseUrlVariable, text))
  if (!url?.hostname) throw new AppError('argument-invalid', `${baseUrlVariable} is not a URL`, { hint })
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AppError('argument-invalid', `${baseUrlVariable} has the scheme ${url.protocol}`, { hint })
  }
  return url
}

/** Whether a connection to the name or address ends at this host's loopback; one to a wildcard address does too. */
export function endsAtLoopback(host: string): boolean {
  const name = host.replace(/\.$/, '')
  return name === 'localhost' || name.endsWith('.localhost') || isLoopback(name) || isWildcard(name)
}

/** The address to connect to on the host; names below localhost are known to browsers only, so all become `localhost`. */
function reachable(host: string): string {
  if (isIP(host) === 0) return 'localhost'
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

const credentialsOf = ({ username, password }: URL): string =>
  username || password ? `${username}${password ? `:${password}` : ''}@` : ''

function singleLine(name: string, value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (!/[\x00-\x1f\x7f]/.test(value)) return value
  throw new AppError('argument-invalid', `${name} holds a line break or another control character`, {
    hint: 'Set it again or unset it',
  })
}
