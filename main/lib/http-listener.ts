import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../core/failure.ts'
import { sendJson } from './http-message.ts'
import type { Log } from './log.ts'
import { originProblem } from './origin-check.ts'
import { portOwner } from './port-owner.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number
  readonly host: '127.0.0.1'
  /** By path: `/mcp` is that path alone, `/api/` everything below it. */
  readonly routes: Readonly<Record<string, Handler>>
  readonly log: Log
}

export interface Listener extends AsyncDisposable {
  readonly port: number
  /** Takes no more connections, and closes those that are still open after a short while. Can be called twice. */
  close(): Promise<void>
}

/** Responses that are under way get so long to end when the listener closes. */
const closeGraceMs = 2_000

/**
 * The one HTTP server that the front doors share: loopback only, every request's Host and Origin checked before a handler sees it.
 * Handlers may take as long as they like to answer; requests must arrive in time. Closes when the signal fires.
 * @throws AppError('port-taken') that says by whom, where that can be told.
 */
export async function listen({ port, host, routes, log }: ListenOptions, signal?: AbortSignal): Promise<Listener> {
  signal?.throwIfAborted()
  const server = createServer({
    headersTimeout: 10_000,
    requestTimeout: 60_000,
    keepAliveTimeout: 75_000,
    connectionsCheckingInterval: 5_000,
  })
  server.maxConnections = 512
  server.on('request', (request, response) => void answer(request, response, routes, log))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
  })
  await bind(server, port, host)
  const close = once(() => closeServer(server))
  signal?.addEventListener('abort', () => void close(), { once: true })
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ListenOptions['routes'],
  log: Log,
): Promise<void> {
  response.on('error', (error) => log.debug('a response failed', { reason: error.message }))
  try {
    const problem = originProblem(request)
    if (problem) return sendJson(response, 403, { error: problem })
    const handler = route(routes, request.url ?? '/')
    if (!handler) return sendJson(response, 404, { error: 'Not found' })
    await handler(request, response)
  } catch (error) {
    if (response.destroyed || request.destroyed) {
      log.debug('a client went away', { reason: String(error) })
      return
    }
    log.error('a request failed', { method: request.method, reason: String(error) })
    sendJson(response, 500, { error: 'Internal error' })
    if (!response.writableEnded) response.destroy()
  }
}

function route(routes: ListenOptions['routes'], url: string): Handler | undefined {
  const [path = '/'] = url.split('?', 1)
  for (const [prefix, handler] of Object.entries(routes)) {
    if (path === prefix || (prefix.endsWith('/') && path.startsWith(prefix))) return handler
  }
  return undefined
}

async function bind(server: Server, port: number, host: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host }, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const hint = 'Choose another one with --port N'
    if (code === 'EADDRINUSE') {
      const owner = await portOwner(port)
      throw new AppError('port-taken', `Port ${port} is taken${owner ? ` by ${owner}` : ''}`, {
        hint: `Stop it, or choose another port with --port N`,
        cause,
      })
    }
    if (code === 'EACCES') throw new AppError('port-taken', `Port ${port} is not for this user`, { hint, cause })
    throw cause
  }
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const insist = setTimeout(() => server.closeAllConnections(), closeGraceMs)
  await closed
  clearTimeout(insist)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
