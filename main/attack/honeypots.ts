import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer } from 'node:net'

/** Services on this host's loopback that greet anyone who comes. */
export interface Honeypots extends AsyncDisposable {
  readonly tcp: number
  readonly udp: number
  /** 0 where this host has no IPv6. */
  readonly ipv6: number
  /** How often anybody came. */
  readonly visits: () => number
}

/** A whole file, as TFTP sends it: data, block 1. */
const tftpAnswer = Buffer.from('\0\x03\0\x01honeypot\n')

export async function openHoneypots(): Promise<Honeypots> {
  let visits = 0
  await using stack = new AsyncDisposableStack()
  const listen = async (host: string): Promise<number> => {
    const server = createServer((socket) => {
      visits += 1
      socket.on('error', () => undefined) // It came; that it went is no matter.
      socket.resume().end('honeypot\n')
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, host, resolve)
    })
    stack.defer(() => new Promise((resolve) => server.close(() => resolve())))
    return (server.address() as AddressInfo).port
  }
  const tcp = await listen('127.0.0.1')
  const ipv6 = await listen('::1').catch(() => 0)
  const socket = createSocket('udp4')
  socket.on('message', (_message, { port, address }) => {
    visits += 1
    socket.send(tftpAnswer, port, address)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind(0, '127.0.0.1', resolve)
  })
  stack.defer(() => new Promise((resolve) => socket.close(() => resolve())))
  const open = stack.move()
  return {
    tcp,
    udp: socket.address().port,
    ipv6,
    visits: () => visits,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}
