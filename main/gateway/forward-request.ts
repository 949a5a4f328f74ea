import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { canonicalHost, type Destination } from '../core/network/host-rule.ts'
import { unreachable } from '../core/unreachable.ts'
import { type Framing, framingOf } from './framing.ts'
import { passedOn } from './headers.ts'
import { printableHost } from './journal.ts'
import type { GatewayParts } from './parts.ts'
import { passAnswer } from './pass-answer.ts'
import { reach } from './reach.ts'
import { explain, statusOf } from './refusals.ts'

/** Answers `GET http://HOST/PATH`, the way of plain HTTP through a proxy. Never rejects. */
export async function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  parts: GatewayParts,
): Promise<void> {
  const url = URL.parse(request.url ?? '')
  const destination = url?.protocol === 'http:' && url.username === '' ? destinationOf(url) : undefined
  if (!url || !destination) {
    parts.journal.add({ verdict: 'refused', host: printableHost(request.url ?? ''), port: 0, reason: 'malformed' })
    return answer(response, 400, 'Only http URLs can be asked for; https goes by CONNECT')
  }
  const framing = framingOf(request)
  if (framing.kind === 'ambiguous') {
    parts.journal.add({ verdict: 'refused', ...destination, reason: 'malformed' })
    return answer(response, 400, 'It is not clear where this request ends')
  }
  const reached = await reach(destination, parts)
  if (reached.kind !== 'connected') return answer(response, statusOf(reached), explain(destination, reached.reason))
  const { socket } = reached
  socket.once('close', () => {
    parts.journal.add({ verdict: 'ended', ...destination, up: socket.bytesWritten, down: socket.bytesRead })
  })
  if (response.destroyed) return void socket.destroy()
  response.once('close', () => socket.destroy())
  const onward = httpRequest({
    createConnection: () => socket,
    method: request.method,
    path: `${url.pathname}${url.search}`,
    // Host is the one that was checked, whatever the guest's own header says.
    headers: [
      'Host',
      url.host,
      ...passedOn(request.rawHeaders, ['host']),
      ...framingLines(framing, request.method),
      'Connection',
      'close',
    ],
  })
  onward.once('error', () => answer(response, 502, explain(destination, 'unreachable')))
  onward.once('response', (answered) => {
    if (!passAnswer(answered, response)) answer(response, 502, explain(destination, 'unreachable'))
  })
  pipeline(request, onward, () => undefined) // `onward` or the response's end reports a failure.
}

/** Methods of which no one expects a body. */
const bodiless: readonly (string | undefined)[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']

/** A body of unknown length stays one, also for methods of which Node expects none. */
function framingLines(framing: Exclude<Framing, { kind: 'ambiguous' }>, method: string | undefined): readonly string[] {
  switch (framing.kind) {
    case 'none':
      return bodiless.includes(method) ? [] : ['Content-Length', '0']
    case 'sized':
      return ['Content-Length', String(framing.bytes)]
    case 'chunked':
      return ['Transfer-Encoding', 'chunked']
    default:
      return unreachable(framing)
  }
}

function destinationOf({ hostname, port }: URL): Destination | undefined {
  const host = canonicalHost(hostname)
  return host === undefined ? undefined : { host, port: port === '' ? 80 : Number(port) }
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return void response.destroy()
  const body = `${text}\n`
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': body.length, connection: 'close' })
  response.end(body)
}
