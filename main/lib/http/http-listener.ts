import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AppError } from '../../core/failure.ts'
import type { Log } from '../log.ts'
import { portOwner } from '../processes/port-owner.ts'
import { type ConnectionLimits, limitConnections } from './http-connections.ts'
import { sendJson } from './http-message.ts'
import { originProblem } from './origin-check.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

type Route = readonly [path: string, handler: Handler]

export interface ListenOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** An IP address; whether its clients must show a token is for the handlers to say. */
  readonly host: string
  /** Names, in lower case, under which clients may speak to us beside our addresses. */
  readonly allowedHosts?: readonly string[]
  /** By path: `/mcp` is that path alone, `/api/` everything below it. */
  readonly routes: Readonly<Record<string, Handler>>
  readonly log: Log
  readonly limits?: Partial<ListenLimits>
}

export interface ListenLimits extends ConnectionLimits {
  /** Of the request line and all headers together. */
  readonly headerBytes: number
  /** By when the headers must be here, and the whole request; from the connection on, or from the first byte of a later request. */
  readonly headersMs: number
  readonly requestMs: number
  /** How long a connection may wait for its next request. */
  readonly keepAliveMs: number
  /** How often the times are looked at. */
  readonly checkMs: number
}

const defaultLimits: ListenLimits = {
  connections: 512,
  idleConnections: 128,
  headerBytes: 16 * 1024,
  headersMs: 10_000,
  requestMs: 60_000,
  keepAliveMs: 75_000,
  checkMs: 5_000,
}

export interface Listener extends AsyncDisposable {
  readonly port: number
  /** Takes no more connections, and closes those that are still open after a short while. Can be called twice. */
  close(): Promise<void>
}

/** Responses that are under way get so long to end when the listener closes. */
const closeGraceMs = 2_000

/**
 * The one HTTP server that the front doors share: every request's Host and Origin are checked before a handler sees it.
 * Handlers may take as long as they like to answer; requests must arrive in time. Closes when the signal fires.
 * @throws AppError('port-taken') that says by whom, where that can be told; AppError('argument-invalid') for an address that this
 * host does not have.
 */
export async function listen(options: ListenOptions, signal?: AbortSignal): Promise<Listener> {
  signal?.throwIfAborted()
  const { port, host } = options
  const limits = { ...defaultLimits, ...options.limits }
  const server = createServer({
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkMs,
  })
  limitConnections(server, limits)
  const routes = Object.entries(options.routes)
  server.on('request', (request, response) => void answer(request, response, routes, options))
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy()
    // Half closed, it would stay for as long as the other side likes.
    socket.end(`HTTP/1.1 ${statusOf(error.code)}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
      socket.destroy(),
    )
  })
  await bind(server, port, host)
  const close = once(() => closeServer(server))
  signal?.addEventListener('abort', () => void close(), { once: true })
  return { port: (server.address() as AddressInfo).port, close, [Symbol.asyncDispose]: close }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: readonly Route[],
  { log, allowedHosts }: ListenOptions,
): Promise<void> {
  response.on('error', (error) => log.debug('a response failed', { reason: error.message }))
  try {
    const problem = originProblem(request, allowedHosts)
    if (problem) return sendJson(response, 403, { error: problem })
    const handler = route(routes, request.url ?? '/')
    if (!handler) return sendJson(response, 404, { error: 'Not found' })
    await handler(request, response)
  } catch (error) {
    // A request is destroyed when it was read to its end, too.
    if (response.destroyed || request.socket.destroyed) {
      log.debug('a client went away', { reason: String(error) })
      return
    }
    log.error('a request failed', { method: request.method, reason: String(error) })
    sendJson(response, 500, { error: 'Internal error' })
    if (!response.writableEnded) response.destroy()
  }
}

function statusOf(code: string | undefined): string {
  if (code === 'HPE_HEADER_OVERFLOW') return '431 Request Header Fields Too Large'
  return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request'
}

function route(routes: readonly Route[], url: string): Handler | undefined {
  const [path = '/'] = url.split('?', 1)
  for (const [prefix, handler] of routes) {
    // `/mcp/` is what many write for `/mcp`.
    if (prefix.endsWith('/') ? path.startsWith(prefix) : path === prefix || path === `${prefix}/`) return handler
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
    if (code === 'EADDRNOTAVAIL') {
      throw new AppError('argument-invalid', `This host has no address ${host}`, {
        hint: 'Give --host an address of this host, or 0.0.0.0 for all of them',
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
