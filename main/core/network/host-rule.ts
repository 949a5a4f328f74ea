/** One host, or all below a name, that a guest may reach. */
export interface HostRule {
  /** As `canonicalHost` gives it. */
  readonly name: string
  /** `*.NAME`: every name below this one at any depth, not this one. */
  readonly below: boolean
  /** The only port; null is 80 and 443. */
  readonly port: number | null
}

/** A host and port that a guest asks for. */
export interface Destination {
  /** As `canonicalHost` gives it. */
  readonly host: string
  readonly port: number
}

/** Where Claude Code finds its API when no one says otherwise. */
export const publicApiHost = 'api.anthropic.com'

const webPorts: readonly number[] = [80, 443]

/** NAME, `*.NAME` or an address, with `:PORT` or without; a text that says why when it is none of these. */
export function parseHostRule(text: string): HostRule | string {
  const quoted = JSON.stringify(text.slice(0, 80))
  const { host, port } = splitPort(text.trim())
  const below = host.startsWith('*.')
  const name = canonicalHost(below ? host.slice(2) : host)
  if (name === undefined || (port !== undefined && !/^\d+$/.test(port)))
    return `${quoted} is no host: write github.com, *.npmjs.org, 203.0.113.7 or [2001:db8::7], perhaps with :PORT`
  if (below && (isAddress(name) || !name.includes('.')))
    return `${quoted} is too wide: name at least two labels after '*.'`
  if (port === undefined) return { name, below, port: null }
  const number = parsePort(port)
  return number === undefined ? `${quoted} has no port from 1 to 65535 after its colon` : { name, below, port: number }
}

export function formatHostRule({ name, below, port }: HostRule): string {
  const host = name.includes(':') ? `[${name}]` : name
  return `${below ? '*.' : ''}${host}${port === null ? '' : `:${port}`}`
}

/** Whether one of the rules lets this destination through. An address is listed by itself only, never by a name. */
export function isListed(rules: readonly HostRule[], { host, port }: Destination): boolean {
  return rules.some(
    (rule) =>
      (rule.below ? !isAddress(host) && host.endsWith(`.${rule.name}`) : host === rule.name) &&
      (rule.port === null ? webPorts.includes(port) : port === rule.port),
  )
}

/** `HOST:PORT` as a client of a proxy writes it; undefined when it is anything else. */
export function parseDestination(text: string): Destination | undefined {
  const { host, port } = splitPort(text)
  const canonical = canonicalHost(host)
  const number = port === undefined ? undefined : parsePort(port)
  return canonical === undefined || number === undefined ? undefined : { host: canonical, port: number }
}

const label = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const namePattern = new RegExp(`^${label}(?:\\.${label})*$`)

/**
 * The one form of a host: names in lower-case ASCII (IDNA) with no final dot, IPv4 as four decimal numbers however it was written,
 * IPv6 shortened and without brackets. Undefined for what is neither.
 */
export function canonicalHost(text: string): string | undefined {
  const bracketed = /^\[[0-9a-f:.]+\]$/i.test(text)
  // What would end the host in a URL, or be decoded or dropped there.
  if (!bracketed && /[^\p{L}\p{M}\p{N}._-]/u.test(text)) return undefined
  const host = URL.parse(`http://${text}/`)?.hostname
  if (host === undefined) return undefined
  if (bracketed) return host.slice(1, -1)
  const name = host.endsWith('.') ? host.slice(0, -1) : host
  return name.length <= 253 && namePattern.test(name) ? name : undefined
}

/** Of a canonical host: a last label of digits is an address to every reader of URLs. */
export const isAddress = (host: string): boolean => host.includes(':') || /^\d+(\.\d+){3}$/.test(host)

function splitPort(text: string): { readonly host: string; readonly port: string | undefined } {
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text)
  return parts ? { host: parts[1] ?? '', port: parts[2] } : { host: text, port: undefined }
}

function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}
