import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { askApi } from './ask-api.ts'
import { forwardRequest } from './forward-request.ts'
import type { GatewayParts } from './parts.ts'
import { BodyBudget } from './read-body.ts'
import { askWithSecret } from './secrets/ask-with-secret.ts'
import { RegistryTokens } from './secrets/registry-tokens.ts'
import { secretRoute } from './secrets/secret-route.ts'
import { tunnel } from './tunnel.ts'

/**
 * The server that a guest finds as its proxy and, where it has no key, as its API: CONNECT and requests with a whole URL go to
 * listed hosts, requests with a path to the API or to the host of a secret. It does not listen yet.
 */
export function createGateway(parts: GatewayParts): Server {
  const { limits, api, secrets } = parts
  const budget = new BodyBudget(limits)
  const tokens = new RegistryTokens(parts)
  const answering = new WeakSet<Socket>()
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: 15_000,
    requestTimeout: Math.max(limits.idleMs, 15_000),
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: 5_000,
  })
  server.maxConnections = limits.connections
  server.setTimeout(limits.idleMs)
  server.on('request', (request, response) => {
    const { socket } = request
    // A request behind one that has no answer yet would have a connection of ours without one of the guest's.
    if (answering.has(socket)) return void socket.destroy()
    answering.add(socket)
    response.on('error', () => response.destroy())
    response.once('close', () => answering.delete(socket))
    if (!request.url?.startsWith('/')) return void forwardRequest(request, response, parts)
    const route = secretRoute(secrets, request, api !== null)
    if (route.kind === 'is-registry') return sayRegistry(response)
    if (route.kind !== 'none') return void askWithSecret(request, response, route, { budget, tokens }, parts)
    if (api) return void askApi(request, response, api, budget, parts)
    response.writeHead(404, { 'content-length': 0 }).end()
  })
  server.on('connect', (request, socket, head) => void tunnel(request, socket, head, parts))
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    else socket.destroy()
  })
  return server
}

/** https://github.com/opencontainers/distribution-spec/blob/main/spec.md#determining-support */
function sayRegistry(response: ServerResponse): void {
  response.writeHead(200, {
    ...{ 'content-type': 'application/json', 'content-length': 2 },
    'docker-distribution-api-version': 'registry/2.0',
  })
  response.end('{}')
}
