import { createServer, type RequestListener, type ServerOptions } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A server as one writes it without a second thought: no limit of its own, every request for whoever sends it. */
export async function naiveServer(
  handler: RequestListener = (_request, response) => response.end('secret'),
  options: ServerOptions = {},
) {
  const server = createServer({ headersTimeout: 0, requestTimeout: 0, keepAliveTimeout: 0, ...options }, handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, port: (server.address() as AddressInfo).port }
}

export interface Connection {
  readonly socket: Socket
  /** What came back so far. */
  said(): string
  /** Resolves when the other side has closed it, for whatever reason. */
  readonly closed: Promise<void>
  isClosed(): boolean
}

/** A connection over which the test speaks byte by byte. */
export async function openConnection(port: number, text = '', host = '127.0.0.1'): Promise<Connection> {
  const socket = createConnection(port, host)
  let said = ''
  let over = false
  socket.setEncoding('latin1').on('data', (chunk) => {
    said += chunk
  })
  socket.on('error', () => undefined) // A reset; `closed` tells of it.
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      over = true
      resolve()
    })
  })
  onTestFinished(() => void socket.destroy())
  await Promise.race([new Promise<void>((resolve) => socket.once('connect', resolve)), closed])
  socket.write(text)
  return { socket, said: () => said, closed, isClosed: () => over }
}

/** Sends a byte again and again, each as soon as the last is gone, until the other side has had enough. */
export async function dribble({ socket, isClosed }: Connection, byte = 'x'): Promise<void> {
  while (!isClosed()) {
    socket.write(byte)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
