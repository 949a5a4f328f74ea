import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { parseTaskId, type TaskId } from '../../core/task/task.ts'

/** A port of a task's machine that a person looks at. */
export interface Preview {
  readonly id: TaskId
  readonly port: number
}

/** One that was opened, and the secret in its name: whoever else is on this host reaches the listener, and knows no such name. */
export interface NamedPreview extends Preview {
  /** 16 hexadecimal digits. */
  readonly secret: string
}

/** The address under which alone it is served: browsers keep what belongs to a page apart by its host, and not by its port. */
export const originOf = ({ id, port, secret }: NamedPreview, ownPort: number): string =>
  `http://${id}-${port}-${secret}.localhost:${ownPort}`

/** What a `Host` names; undefined for any other name of this host, whose pages share cookies with the window's. */
export function previewOf(host: string | undefined, ownPort: number): NamedPreview | undefined {
  const [, id = '', port = '', secret = '', own = ''] =
    /^([0-9a-f]{8})-([1-9]\d{0,4})-([0-9a-f]{16})\.localhost:(\d+)$/.exec(host ?? '') ?? []
  const taskId = parseTaskId(id)
  return taskId && Number(own) === ownPort ? { id: taskId, port: Number(port), secret } : undefined
}

export interface Asked {
  readonly method: string
  readonly headers: IncomingHttpHeaders
}

/**
 * Whether another page has the browser ask this one: it must not make an agent's server do anything, and a WebSocket is no exception. To follow a link
 * is not to ask.
 */
export function comesFromAnotherPage({ method, headers }: Asked, ownOrigin: string): boolean {
  if (headers.origin !== undefined && headers.origin !== ownOrigin) return true
  const site = headers['sec-fetch-site']
  if (site === undefined || site === 'same-origin' || site === 'none') return false
  const followsLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return !(followsLink && (method === 'GET' || method === 'HEAD'))
}

/** Of one connection only (RFC 9110, 7.6.1), or for a proxy. */
const ofConnection = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate'],
  ...['te', 'trailer', 'upgrade', 'expect', 'alt-svc'],
]

/**
 * What the guest is sent: its own name in place of ours, since servers for development ask for `localhost`, and nothing by which somebody is known to us
 * or to another program of this host.
 */
export function headersForGuest(
  headers: IncomingHttpHeaders,
  { port }: Preview,
  ownOrigin: string,
): OutgoingHttpHeaders {
  const guest = `localhost:${port}`
  const { origin, referer, cookie, authorization: _ours, ...others } = without(headers, ofConnection)
  const cookies = cookie?.split(/; */).filter((each) => !/^microvm-/i.test(each)) ?? []
  const isOwnPage = referer?.startsWith(`${ownOrigin}/`)
  return {
    ...others,
    host: guest,
    ...(origin !== undefined && { origin: `http://${guest}` }),
    ...(isOwnPage && { referer: `http://${guest}${referer?.slice(ownOrigin.length)}` }),
    ...(cookies.length > 0 && { cookie: cookies.join('; ') }),
  }
}

/** What the browser is sent: no cookie for more than this host, and redirects of the guest to itself lead here. */
export function headersForBrowser(
  headers: IncomingHttpHeaders,
  { port }: Preview,
  ownOrigin: string,
): OutgoingHttpHeaders {
  const { 'set-cookie': cookies, location, ...others } = without(headers, ofConnection)
  const kept = cookies?.filter((cookie) => !/;\s*domain\s*=/i.test(cookie)) ?? []
  return {
    ...others,
    ...(kept.length > 0 && { 'set-cookie': kept }),
    ...(location !== undefined && { location: redirectedTo(location, port, ownOrigin) }),
  }
}

function redirectedTo(location: string, port: number, ownOrigin: string): string {
  const [, at = '80', rest = ''] =
    /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::(\d+))?([/?#].*)?$/i.exec(location) ?? []
  return Number(at) === port && /^https?:\/\//i.test(location) ? `${ownOrigin}${rest}` : location
}

function without<Headers extends IncomingHttpHeaders>(headers: Headers, names: readonly string[]): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name))) as Headers
}
