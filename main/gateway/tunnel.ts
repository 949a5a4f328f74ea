import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { canonicalHost, type Destination, isAddress, parseDestination } from '../core/network/host-rule.ts'
import { readGreeting } from './client-hello.ts'
import { printableHost } from './journal.ts'
import type { GatewayParts } from './parts.ts'
import { reach } from './reach.ts'
import { explain, statusOf } from './refusals.ts'

/** A ClientHello is some 2 KB; one that goes on beyond this is none. */
const greetingLimit = 64 * 1024

/** Answers `CONNECT HOST:PORT`: a connection to the destination, both ways, if it may be reached. Never rejects. */
export async function tunnel(
  request: IncomingMessage,
  guest: Duplex,
  head: Buffer,
  parts: GatewayParts,
): Promise<void> {
  guest.on('error', () => guest.destroy())
  const destination = parseDestination(request.url ?? '')
  if (!destination) {
    parts.journal.add({ verdict: 'refused', host: printableHost(request.url ?? ''), port: 0, reason: 'malformed' })
    return refuse(guest, 400, 'CONNECT takes HOST:PORT')
  }
  const reached = await reach(destination, parts)
  if (reached.kind !== 'connected') return refuse(guest, statusOf(reached), explain(destination, reached.reason))
  if (guest.destroyed) return void reached.socket.destroy()
  guest.write('HTTP/1.1 200 Connection established\r\n\r\n')
  relay(guest as Socket, reached.socket, head, destination, parts)
}

function refuse(guest: Duplex, status: number, text: string): void {
  const body = `${text}\n`
  guest.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Passes bytes on, the guest's first ones once they are known to greet the host that the tunnel is for. */
function relay(guest: Socket, far: Socket, head: Buffer, destination: Destination, parts: GatewayParts): void {
  const { limits, journal } = parts
  const end = () => {
    guest.destroy()
    far.destroy()
  }
  const halfOpen = () => guest.setTimeout(limits.halfOpenMs)
  guest.setTimeout(limits.idleMs, end)
  const guestSaidAll = () => {
    halfOpen()
    far.end()
  }
  guest.once('end', guestSaidAll).once('close', end)
  far.once('end', halfOpen)
  far.once('close', (failed) => {
    journal.add({ verdict: 'ended', ...destination, up: far.bytesWritten, down: far.bytesRead })
    if (failed) guest.destroy()
    else guest.end()
  })
  far.pipe(guest)

  let held: Buffer = head
  const decide = (): void => {
    const greeting = readGreeting(held)
    if (greeting.kind === 'incomplete' && held.length <= greetingLimit) return
    guest.off('data', hold)
    guest.pause()
    if (greeting.kind === 'other' || (greeting.kind === 'hello' && greets(greeting.serverName, destination))) {
      far.write(held)
      guest.pipe(far)
    } else {
      journal.add({ verdict: 'refused', ...destination, reason: 'tls-name' })
      end()
    }
  }
  const hold = (chunk: Buffer): void => {
    held = Buffer.concat([held, chunk])
    decide()
  }
  guest.on('data', hold).resume()
  if (head.length > 0) decide()
  if (guest.readableEnded) guestSaidAll() // Before the far side was reached.
}

/** Without a name a server shows its default site, which is another one where many share an address. */
function greets(serverName: string | null, { host }: Destination): boolean {
  if (serverName === null) return isAddress(host)
  return canonicalHost(serverName) === host
}
