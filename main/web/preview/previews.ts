import { randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '../../core/failure.ts'
import type { TaskId } from '../../core/task/task.ts'
import { limitConnections } from '../../lib/http/http-connections.ts'
import type { Log } from '../../lib/log.ts'
import type { Attachments } from '../../tasks/contract.ts'
import { askGuest, headerBytes } from './ask-guest.ts'
import {
  comesFromAnotherPage,
  headersForBrowser,
  headersForGuest,
  type NamedPreview,
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

/** Requests and WebSockets that are under way at a time: of one preview, and of all. */
const mostOfOne = 32
const mostOpen = 128
const limits = { connections: 256, idleConnections: 64 }
/** How long the guest may take to open a connection. */
const connectMs = 30_000

/**
 * What agents' servers show, for the browser of this host's user: each port that a person opened, at `http://ID-PORT-SECRET.localhost:P` and nowhere else.
 * Begins to listen, on the loopback address, when the first one is opened.
 */
export class Previews implements AsyncDisposable {
  readonly #options: PreviewsOptions
  /** The secret of each one. */
  readonly #opened = new Map<string, string>()
  readonly #sockets = new Set<Socket>()
  #server: Promise<{ readonly server: Server; readonly port: number }> | undefined
  /** The names of what is under way. */
  readonly #open: string[] = []

  constructor(options: PreviewsOptions) {
    this.#options = options
  }

  /** Resolves with the address of that port of the task's machine, where it is shown from now on, whether or not something listens there yet. */
  async open(id: TaskId, port: number): Promise<string> {
    this.#server ??= this.#listen()
    const { port: own } = await this.#server
    const name = nameOf({ id, port })
    const secret = this.#opened.get(name) ?? randomBytes(8).toString('hex')
    this.#opened.set(name, secret)
    return `${originOf({ id, port, secret }, own)}/`
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
    this.#count(preview, response)
    try {
      await this.#show(request, response, preview, originOf(preview, own))
    } catch (error) {
      this.#options.log.debug('a preview failed', { taskId: preview.id, port: preview.port, reason: messageOf(error) })
      if (response.headersSent) response.destroy()
      else say(response, 502, `Port ${preview.port} of task ${preview.id} does not answer: ${messageOf(error)}`)
    }
  }

  async #show(request: IncomingMessage, response: ServerResponse, preview: Preview, origin: string): Promise<void> {
    const stream = await this.#connect(preview, response)
    const { method, url: path } = request
    const headers = headersForGuest(request.headers, preview, origin)
    const answer = await askGuest(stream, { method, path, headers, body: request })
    if (answer.kind === 'switched') {
      stream.destroy()
      throw new Error('it answers as if a WebSocket had been asked for')
    }
    response.writeHead(answer.status, headersForBrowser(answer.message.headers, preview, origin))
    await pipeline(answer.message, response)
  }

  /** A WebSocket, such as that by which a server for development has its page load what changed. */
  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, own: number): Promise<void> {
    socket.on('error', () => undefined) // It closes after that.
    const preview = previewOf(request.headers.host, own)
    const refusal = this.#refusalOf(request, preview, own)
    if (refusal || !preview) return refuseUpgrade(socket, ...(refusal ?? unknownName))
    if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      return refuseUpgrade(socket, 400, 'Only WebSockets pass here')
    this.#count(preview, socket)
    try {
      const stream = await this.#connect(preview, socket)
      await pass({ request, socket, head, stream, preview, origin: originOf(preview, own) })
    } catch (error) {
      refuseUpgrade(socket, 502, messageOf(error))
    }
  }

  #refusalOf(request: IncomingMessage, preview: NamedPreview | undefined, own: number): Refusal | undefined {
    if (!preview || !this.#isOpened(preview)) return unknownName
    if (!request.url?.startsWith('/')) return [400, 'This is no proxy']
    const asked = { method: request.method ?? '', headers: request.headers }
    if (comesFromAnotherPage(asked, originOf(preview, own))) return [403, 'Another page may not ask this one']
    const ofOne = this.#open.filter((name) => name === nameOf(preview)).length
    if (ofOne >= mostOfOne) return [503, `${mostOfOne} requests of this preview are under way`]
    return this.#open.length >= mostOpen ? [503, `${mostOpen} requests are under way`] : undefined
  }

  #isOpened(preview: NamedPreview): boolean {
    const secret = this.#opened.get(nameOf(preview))
    return secret !== undefined && timingSafeEqual(Buffer.from(secret), Buffer.from(preview.secret))
  }

  #count(preview: Preview, side: ServerResponse | Duplex): void {
    const name = nameOf(preview)
    this.#open.push(name)
    side.once('close', () => this.#open.splice(this.#open.indexOf(name), 1))
  }

  /** It is open for as long as the browser's side is. */
  async #connect({ id, port }: Preview, side: ServerResponse | Duplex): Promise<Duplex> {
    const gone = new AbortController()
    side.once('close', () => gone.abort(new Error('the browser went away')))
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(connectMs)])
    const stream = await this.#options.attachments.connect(id, port, signal)
    gone.signal.addEventListener('abort', () => stream.destroy(), { once: true })
    if (gone.signal.aborted) stream.destroy()
    return stream
  }
}

interface Passing {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What came behind the request. */
  readonly head: Buffer
  readonly stream: Duplex
  readonly preview: Preview
  readonly origin: string
}

async function pass({ request, socket, head, stream, preview, origin }: Passing): Promise<void> {
  const headers = { ...headersForGuest(request.headers, preview, origin), ...toWebSocket }
  const answer = await askGuest(stream, { method: 'GET', path: request.url, headers, body: null })
  if (answer.kind === 'answer') return refuseUpgrade(socket, answer.status, 'The server in the machine refused')
  const far = answer.stream
  far.once('close', () => socket.destroy())
  socket.once('end', () => socket.destroy()) // A guest need not answer a browser that is gone.
  const passed = { ...headersForBrowser(answer.message.headers, preview, origin), ...toWebSocket }
  socket.write(headText(101, 'Switching Protocols', passed))
  if (answer.first.length > 0) socket.write(answer.first)
  if (head.length > 0) far.write(head)
  far.pipe(socket).pipe(far)
}

const toWebSocket = { connection: 'Upgrade', upgrade: 'websocket' }

const nameOf = ({ id, port }: Preview): string => `${id}-${port}`

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
