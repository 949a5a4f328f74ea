import type { IncomingMessage } from 'node:http'
import { inUrl, withoutMapping } from '../addresses.ts'

const loopbackNames: readonly string[] = ['127.0.0.1', 'localhost', '[::1]']
const hostPattern = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/

/**
 * Why the request may come from a web page, or undefined when it may pass. A page whose name was pointed at us (DNS rebinding)
 * shows by its Host, which must be a loopback name, the very address that was connected to, or one of `allowedHosts` (lower case);
 * any other page by its Origin, which must be ours; a program sends no Origin. The port in the Host is free because ports can be
 * forwarded (ssh -L).
 */
export function originProblem(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  allowedHosts: readonly string[] = [],
): string | undefined {
  const host = headers.host?.toLowerCase() ?? ''
  const name = hostPattern.exec(host)?.[1]
  const isNamed = name !== undefined && allowedHosts.includes(name)
  const own = inUrl(withoutMapping(socket.localAddress ?? ''))
  if (name === undefined || !(isNamed || name === own || loopbackNames.includes(name)))
    return 'Host is no name of this server'
  const { origin } = headers
  // A name that the user gave us may stand on a proxy that speaks TLS.
  const isOurs = origin === `http://${host}` || (isNamed && origin === `https://${host}`)
  if (origin !== undefined && !isOurs) return 'Origin is not this server'
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'The request comes from another site'
  return undefined
}
