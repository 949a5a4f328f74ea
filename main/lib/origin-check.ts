import type { IncomingMessage } from 'node:http'

const loopbackHost = /^(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?$/i

/**
 * Why the request may come from a web page, or undefined when it may pass. A page whose name was pointed at 127.0.0.1 (DNS rebinding)
 * shows by its Host; any other page by its Origin, which must be ours; a program sends no Origin. The port in the Host is free
 * because ports can be forwarded (ssh -L).
 */
export function originProblem({ headers }: IncomingMessage): string | undefined {
  const { host, origin } = headers
  if (host === undefined || !loopbackHost.test(host)) return 'Host is not a loopback address'
  if (origin !== undefined && origin !== `http://${host.toLowerCase()}`) return 'Origin is not this server'
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'The request comes from another site'
  return undefined
}
