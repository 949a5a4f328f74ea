import type { IncomingMessage, ServerResponse } from 'node:http'
import { type EventStore, StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { isAuthorized } from '../lib/http/bearer.ts'
import { readJsonBody, responseOutcome, sendJson } from '../lib/http/http-message.ts'
import type { Log } from '../lib/log.ts'
import type { Tasks } from '../tasks/contract.ts'
import { clientsOf, type McpClient } from './clients.ts'
import { consumerNameOf } from './consumer-name.ts'
import { currentExchange } from './exchange.ts'
import { type ReadMessage, readMessage } from './read-message.ts'
import { headerProblem, spellAccept } from './request-headers.ts'
import { createServer, type ServerExtension } from './server.ts'
import { defaultLimits, type Session, type SessionLimits, Sessions } from './sessions.ts'

export interface McpEndpointOptions {
  readonly tasks: Tasks
  readonly log: Log
  readonly version: string
  /** What clients must show as `Authorization: Bearer TOKEN`; left out, nothing. */
  readonly token?: string
  /** Default 10 s: Claude Code gives up on a call that is silent for 300 s. */
  readonly progressIntervalMs?: number
  readonly limits?: Partial<SessionLimits>
  /** Told a moment after someone came or went, or a response to them began or ended; also when that makes no difference. */
  readonly onClients?: (clients: readonly McpClient[]) => void
  /** For the conformance suite's fixtures. */
  readonly extension?: ServerExtension & { readonly eventStore?: () => EventStore }
}

export interface McpEndpoint {
  /** For the route `/mcp`; Host and Origin were checked by the listener. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Ends every session; calls that wait are cut off and consume nothing. */
  close(): Promise<void>
}

const bodyLimitBytes = 4 * 1024 * 1024

/** Model Context Protocol over streamable HTTP, with sessions. */
export function createMcpEndpoint(options: McpEndpointOptions): McpEndpoint {
  const tell = (known: Iterable<Session>) => options.onClients?.(clientsOf(known))
  const sessions = new Sessions({ ...defaultLimits, ...options.limits }, tell)
  let closed = false
  return {
    handle: async (request, response) => {
      if (options.token !== undefined && !isAuthorized(request.headers, options.token)) {
        return refuse(response, 401, -32000, 'The token is missing or wrong', { 'www-authenticate': 'Bearer' })
      }
      if (closed) return refuse(response, 503, -32000, 'The server is shutting down')
      switch (request.method) {
        case 'POST':
          return await handlePost(options, sessions, request, response)
        case 'GET':
        case 'DELETE': {
          const session = sessionOf(sessions, request, response)
          if (session) await forward(sessions, session, request, response, undefined)
          return
        }
        default:
          return refuse(response, 405, -32000, 'Method not allowed', { allow: 'GET, POST, DELETE' })
      }
    },
    close: () => {
      closed = true
      sessions.close()
      return Promise.resolve()
    },
  }
}

async function handlePost(
  options: McpEndpointOptions,
  sessions: Sessions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readJsonBody(request, bodyLimitBytes)
  if (body.kind === 'too-large') return refuse(response, 413, -32000, `The body is larger than ${bodyLimitBytes} bytes`)
  const problem = headerProblem(request)
  if (problem) return refuse(response, problem.status, -32000, problem.message)
  spellAccept(request)
  if (body.kind === 'malformed') return refuse(response, 400, -32700, 'Parse error: the body is no JSON')
  const read = readMessage(body.value)
  // A request that can be understood is answered like any other; a body that is none is a bad request.
  if (read.kind === 'refused' && read.code === -32600) return refuseMessage(response, 400, read)

  const starts = request.headers['mcp-session-id'] === undefined && asksToInitialize(body.value)
  if (starts && read.kind === 'refused') return refuseMessage(response, 400, read)
  const session = starts
    ? await startSession(options, sessions, request, response)
    : sessionOf(sessions, request, response)
  if (!session) return
  if (read.kind === 'refused') return refuseMessage(response, 200, read)
  await forward(sessions, session, request, response, read.value)
}

const asksToInitialize = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'method' in body && body.method === 'initialize'

function refuseMessage(
  response: ServerResponse,
  status: 200 | 400,
  { code, message, id }: Extract<ReadMessage, { kind: 'refused' }>,
): void {
  // A notification that is wrong is answered by nothing but the status.
  if (status === 200 && id === null) return void response.writeHead(202).end()
  sendJson(response, status, { jsonrpc: '2.0', error: { code, message }, id })
}

/** The session that the request names; undefined when the request is answered already. */
function sessionOf(sessions: Sessions, request: IncomingMessage, response: ServerResponse): Session | undefined {
  const id = request.headers['mcp-session-id']
  if (typeof id !== 'string') {
    refuse(response, 400, -32000, 'Bad Request: initialize first, then send the Mcp-Session-Id header')
    return undefined
  }
  const session = sessions.get(id)
  if (!session) refuse(response, 404, -32001, 'Session not found')
  return session
}

/** A new session; undefined when the request is answered already. */
async function startSession(
  { tasks, log, version, progressIntervalMs = 10_000, extension }: McpEndpointOptions,
  sessions: Sessions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Session | undefined> {
  const named = consumerNameOf(request)
  if (named.kind === 'invalid') {
    refuse(response, 400, -32600, 'A client id has 1 to 64 letters, digits, or any of _ . @ -')
    return undefined
  }
  if (!sessions.makeRoom()) {
    refuse(response, 503, -32000, 'There are too many sessions')
    return undefined
  }
  const id = sessions.newId()
  // It joins now and not at its first wait: a task may end in between.
  const consumer =
    named.kind === 'named'
      ? await tasks.events.join(named.name, { durable: true })
      : await tasks.events.join(`session:${id}`, { durable: false })
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => id,
    onsessionclosed: () => sessions.remove(session),
    ...(extension?.eventStore && { eventStore: extension.eventStore(), retryInterval: 500 }),
  })
  const server = createServer({
    tasks,
    consumer,
    progressIntervalMs,
    log: log.with({ session: id }),
    version,
    ...(extension && { extension }),
  })
  const session: Session = { id, server, transport, consumer, open: 0, idleSince: performance.now() }
  await server.connect(transport as Parameters<typeof server.connect>[0])
  sessions.add(session)
  response.once('close', () => {
    // The transport refused the request (a wrong Accept header, say): no one knows this session.
    if (transport.sessionId === undefined) sessions.remove(session)
  })
  return session
}

async function forward(
  sessions: Sessions,
  session: Session,
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
): Promise<void> {
  const { transport } = session
  const release = sessions.hold(session)
  response.once('close', release)
  const exchange = {
    outcome: responseOutcome(response),
    requests: Array.isArray(body) ? body.length : 1,
    end: (requestId: string | number) => transport.closeSSEStream(requestId),
  }
  // The SDK sends the head as soon as it can. An answer that comes in this turn leaves with it, in one packet.
  const { socket } = request
  socket.cork()
  setImmediate(() => socket.uncork())
  await currentExchange.run(exchange, () => transport.handleRequest(request, response, body))
}

function refuse(
  response: ServerResponse,
  status: number,
  code: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  sendJson(response, status, { jsonrpc: '2.0', error: { code, message }, id: null }, headers)
}
