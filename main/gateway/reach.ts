import type { Socket } from 'node:net'
import type { NetworkReason } from '../core/network/gateway.ts'
import { canonicalHost, type Destination, isAddress, isListed, publicApiHost } from '../core/network/host-rule.ts'
import { addressKind } from '../lib/address-kind.ts'
import type { GatewayParts } from './parts.ts'

export type Reached =
  | { readonly kind: 'connected'; readonly socket: Socket }
  | { readonly kind: 'refused' | 'failed'; readonly reason: NetworkReason }

/** Of a name with more addresses than these the rest is not tried. */
const attempts = 4

/**
 * Connects to a destination if the rules list it and its address is one of the internet. The address that was checked is the one
 * that is connected to, so a name server that answers otherwise the next time changes nothing. Writes the verdict down; never rejects.
 */
export async function reach(destination: Destination, parts: GatewayParts): Promise<Reached> {
  const reached = await tryToReach(destination, parts)
  const { host, port } = destination
  if (reached.kind === 'connected') parts.journal.add({ verdict: 'reached', host, port })
  else parts.journal.add({ verdict: reached.kind, host, port, reason: reached.reason })
  return reached
}

async function tryToReach({ host, port }: Destination, parts: GatewayParts): Promise<Reached> {
  if (isApi(host, parts)) return { kind: 'refused', reason: 'api-past-gateway' }
  if (parts.secrets.some(({ origin }) => canonicalHost(new URL(origin).hostname) === host))
    return { kind: 'refused', reason: 'secret-past-route' }
  if (!isListed(parts.rules, { host, port })) return { kind: 'refused', reason: 'not-listed' }
  const addresses = isAddress(host) ? [host] : await addressesOf(host, parts)
  if (addresses.length === 0) return { kind: 'failed', reason: 'name-unknown' }
  const own = parts.ownAddresses()
  const allowed = addresses.filter((address) => !own.includes(address) && mayConnect(address, port, parts))
  if (allowed.length === 0) return { kind: 'refused', reason: 'address-refused' }
  for (const address of allowed.slice(0, attempts)) {
    const socket = await connected(parts.dial(address, port), parts.limits.connectMs)
    if (socket) return { kind: 'connected', socket }
  }
  return { kind: 'failed', reason: 'unreachable' }
}

/** Where the gateway asks the API itself, no list opens another way to it: a guest could use that with a key of another person's. */
function isApi(host: string, { api }: GatewayParts): boolean {
  return api !== null && (host === publicApiHost || host === canonicalHost(new URL(api.url).hostname))
}

/** A private address counts where it is listed itself: no name server can then lead a listed name anywhere else inside. */
function mayConnect(address: string, port: number, { rules }: GatewayParts): boolean {
  const kind = addressKind(address)
  return kind === 'public' || (kind === 'private' && isListed(rules, { host: address, port }))
}

async function addressesOf(name: string, { resolve, limits }: GatewayParts): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<readonly string[]>((done) => {
    timer = setTimeout(() => done([]), limits.connectMs)
  })
  const found = resolve(name).catch(() => []) // Unknown, or no name server answers: the same to the guest.
  try {
    return await Promise.race([found, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The socket once it is connected; undefined when it cannot be, or not in time. */
function connected(socket: Socket, timeoutMs: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(), timeoutMs)
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
    socket.on('error', () => undefined) // `close` follows.
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(undefined)
    })
  })
}
