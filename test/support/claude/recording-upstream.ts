import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface RecordingUpstream {
  readonly url: string
  readonly port: number
  /** Every byte of each connection, in the order of their beginnings. */
  readonly connections: readonly string[]
}

const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'

/**
 * A server that writes down what it is sent, byte for byte, and understands none of it: it answers once a head has come, before any
 * body, and keeps the connection open, as a server may that does not want the body.
 * @param answer its bytes; what `end` says ends the connection after them.
 */
export async function recordingUpstream(
  answer: string = plainAnswer,
  { end = false }: { readonly end?: boolean } = {},
): Promise<RecordingUpstream> {
  const connections: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    const index = connections.push('') - 1
    let answered = false
    socket.on('error', () => undefined) // The gateway may let go of it at any time.
    socket.on('data', (chunk) => {
      connections[index] += chunk.toString('latin1')
      if (answered || !connections[index]?.includes('\r\n\r\n')) return
      answered = true
      socket.write(answer)
      if (end) socket.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, port, connections }
}
