import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { messageOf } from '../../core/failure.ts'
import type { TaskId } from '../../core/task/task.ts'
import { limitConnections } from '../../lib/http/http-connections.ts'
import type { Log } from '../../lib/log.ts'
import type { Attachments } from '../../tasks/contract.ts'
import {
  comesFromAnotherPage,
  headersForBrowser,
  headersForGuest,
  originOf,
  type Preview,
  previewOf,
} from './preview-rules.ts'

export interface PreviewsOptions {
  readonly attachments: Pick<Attachments, 'connect'>
  /** The port that is taken where it is free. Default: any. */
  readonly port?: number
  readonly log: Log
}

/** Requests and WebSockets of all previews that are under way at a time. */
const mostOpen = 64
const limits = { connections: 256, idleConnections: 64 }
const headerBytes = 32 * 1024
/** How long the guest may take to open a connection. */
const connectMs = 30_000

/**
 * What agents' servers show, for the browser of this host's user: each port that a person opened, at `http://ID-PORT.localhost:P` and nowhere else.
 * Begins to listen, on the loopback address, when the first one is opened.
 */
export class Previews implements AsyncDisposable {
  readonly #options: PreviewsOptions
  readonly #opened = new Set<string>()
  readonly #sockets = new Set<Socket>()
  #server: Promise<{ readonly server: Server; readonly port: number }> | undefined
  #open = 0

  constructor(options: PreviewsOptions) {
    this.#options = options
  }

  /** Resolves with the address of that port of the task's machine, where it is shown from now on, whether or not something listens there yet. */
  async open(id: TaskId, port: number): Promise<string> {
    this.#server ??= this.#listen()
    const { port: own } = await this.#server
    this.#opened.add(`${id}-${port}`)
    return `${originOf({ id, port }, own)}/`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const listening = await this.#server
    const closed = new Promise<void>((resolve) => (listening ? listening.server.close(() => resolve()) : resolve()))
    // The server itself knows nothing any more of those that became WebSockets.
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async #listen(): Promise<{ readonly server: Server; readonly port: number }> {
    const server = createServer({ maxHeaderSize: headerBytes })
    limitConnections(server, limits)
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    const own = (): number => (server.address() as AddressInfo).port
    server.on('request', (request, response) => void this.#answer(request, response, own()))
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head, own()))
    server.on('clientError', (_error, socket) => void socket.destroy())
    await bind(server, this.#options.port ?? 0).catch(() => bind(server, 0))
    return { server, port: own() }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, own: number): Promise<void> {
    response.on('error', () => undefined) // It closes after that.
    const preview = previewOf(request.headers.host, own)
    const refusal = this.#refusalOf(request, preview, own)
    if (refusal || !preview) return say(response, ...(refusal ?? unknownName))
    this.#open += 1
    response.once('close', () => {
      this.#open -= 1
    })
    const origin = originOf(preview, own)
    const stream = await this.#connect(preview, response)
    if (!stream) return
    const asking = httpRequest({
      createConnection: () => stream,
      method: request.method,
      path: request.url,
      headers: headersForGuest(request.headers, preview, origin),
      setHost: false,
      maxHeaderSize: headerBytes,
    })
    response.once('close', () => stream.destroy())
    asking.on('response', (answer) => {
      answer.on('error', () => response.destroy())
      response.writeHead(answer.statusCode ?? 502, headersForBrowser(answer.headers, preview, origin))
      answer.pipe(response)
    })
    asking.on('error', (error) => this.#failed(response, preview, error))
    request.on('error', () => stream.destroy())
    request.pipe(asking)
  }

  /** A WebSocket, such as that by which a server for development has its page load what changed. */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, own: number): Promise<void> {
    socket.on('error', () => undefined)
    const preview = previewOf(request.headers.host, own)
    const refusal = this.#refusalOf(request, preview, own)
    if (refusal || !preview) return refuseUpgrade(socket, ...(refusal ?? unknownName))
    if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      return refuseUpgrade(socket, 400, 'Only WebSockets pass here')
    this.#open += 1
    socket.once('close', () => {
      this.#open -= 1
    })
    const origin = originOf(preview, own)
    let stream: Duplex
    try {
      stream = await this.#options.attachments.connect(preview.id, preview.port, AbortSignal.timeout(connectMs))
    } catch (error) {
      return refuseUpgrade(socket, 502, messageOf(error))
    }
    socket.once('close', () => stream.destroy())
    stream.once('close', () => socket.destroy())
    if (socket.destroyed) return void stream.destroy()
    const asking = httpRequest({
      createConnection: () => stream,
      path: request.url,
      headers: { ...headersForGuest(request.headers, preview, origin), connection: 'Upgrade', upgrade: 'websocket' },
      setHost: false,
      maxHeaderSize: headerBytes,
    })
    asking.on('upgrade', (answer, far, first) => {
      socket.write(
        headText(101, 'Switching Protocols', {
          ...headersForBrowser(answer.headers, preview, origin),
          connection: 'Upgrade',
          upgrade: 'websocket',
        }),
      )
      if (first.length > 0) socket.write(first)
      if (head.length > 0) far.write(head)
      far.pipe(socket).pipe(far)
    })
    asking.on('response', ({ statusCode }) =>
      refuseUpgrade(socket, statusCode ?? 502, 'The server in the machine refused'),
    )
    asking.on('error', () => socket.destroy())
    asking.end()
  }

  #refusalOf(request: IncomingMessage, preview: Preview | undefined, own: number): Refusal | undefined {
    if (!preview || !this.#opened.has(`${preview.id}-${preview.port}`)) return unknownName
    if (!request.url?.startsWith('/')) return [400, 'This is no proxy']
    const asked = { method: request.method ?? '', headers: request.headers }
    if (comesFromAnotherPage(asked, originOf(preview, own))) return [403, 'Another page may not ask this one']
    return this.#open >= mostOpen ? [503, `More than ${mostOpen} requests are under way`] : undefined
  }

  /** Undefined once the browser was told why there is none. */
  async #connect(preview: Preview, response: ServerResponse): Promise<Duplex | undefined> {
    const gone = new AbortController()
    response.once('close', () => gone.abort(new Error('the browser went away')))
    try {
      const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(connectMs)])
      return await this.#options.attachments.connect(preview.id, preview.port, signal)
    } catch (error) {
      this.#failed(response, preview, error)
      return undefined
    }
  }

  #failed(response: ServerResponse, { id, port }: Preview, error: unknown): void {
    this.#options.log.debug('a preview failed', { taskId: id, port, reason: messageOf(error) })
    if (response.headersSent) response.destroy()
    else say(response, 502, `Port ${port} of task ${id} does not answer: ${messageOf(error)}`)
  }
}

type Refusal = readonly [status: number, why: string]

const unknownName: Refusal = [
  421,
  'No preview has this name. Open one in the window, or with: microvm-orchestrator preview ID PORT',
]

function say(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed || response.headersSent) return
  const body = Buffer.from(`${text}.\n`)
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(!response.req.complete && { connection: 'close' }),
  })
  response.end(body)
}

function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  const body = `${text}.\n`
  const headers = { connection: 'close', 'content-type': 'text/plain', 'content-length': Buffer.byteLength(body) }
  socket.end(headText(status, 'Refused', headers) + body, () => socket.destroy())
}

const headText = (status: number, word: string, headers: Readonly<Record<string, unknown>>): string =>
  [
    `HTTP/1.1 ${status} ${word}`,
    ...Object.entries(headers).flatMap(([name, value]) => [value].flat().map((each) => `${name}: ${each}`)),
    '\r\n',
  ].join('\r\n')

async function bind(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
