import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

export interface ConnectionLimits {
  readonly connections: number
  /** Of these, such that wait for a request or have sent only a part of one. */
  readonly idleConnections: number
}

interface Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

/**
 * Keeps a server's connections within the limits. Above them the one that has been idle longest gives way, never one whose request
 * is complete and being answered: anyone who opens many and says nothing, or says it byte by byte, keeps no one else out.
 */
export function limitConnections(server: Server, limits: ConnectionLimits): void {
  /** What is under way on each connection; the order is that in which they last became idle. */
  const connections = new Map<Socket, Set<Exchange>>()
  const makeRoom = (): void => {
    const idle = [...connections].filter(([, exchanges]) => !isAnswering(exchanges)).map(([socket]) => socket)
    const surplus = Math.max(idle.length - limits.idleConnections, connections.size - limits.connections)
    for (const socket of idle.slice(0, Math.max(0, surplus))) {
      connections.delete(socket)
      socket.destroy()
    }
  }
  server.on('connection', (socket) => {
    connections.set(socket, new Set())
    socket.once('close', () => connections.delete(socket))
    if (connections.size > Math.min(limits.connections, limits.idleConnections)) makeRoom()
  })
  server.on('request', (request, response) => {
    const { socket } = request
    const exchange = { request, response }
    connections.get(socket)?.add(exchange)
    response.once('close', () => {
      const exchanges = connections.get(socket)
      exchanges?.delete(exchange)
      if (!exchanges || exchanges.size > 0) return
      connections.delete(socket)
      connections.set(socket, exchanges)
      if (connections.size > limits.idleConnections) makeRoom()
    })
  })
}

const isAnswering = (exchanges: ReadonlySet<Exchange>): boolean =>
  [...exchanges].some(({ request, response }) => request.complete && !response.writableFinished)
