import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { pipeline } from 'node:stream'
import type { GatewayApi } from '../core/gateway.ts'
import { passedOn } from './headers.ts'
import type { GatewayParts } from './parts.ts'

/**
 * What Claude Code asks of the API while it works. Not the rest of `/v1/`: with the user's key that holds files and batches of
 * the user's other work.
 */
const allowed: readonly { readonly method: string; readonly path: RegExp }[] = [
  { method: 'POST', path: /^\/v1\/messages(\/count_tokens)?$/ },
  { method: 'GET', path: /^\/v1\/models(\/\w[\w.:-]*)?$/ },
]

const neverPassedOn = ['host', 'cookie', 'forwarded', 'x-forwarded-for', 'x-forwarded-host']

/** With a key of ours, whatever the guest says of who it is stays behind. Name and value by turns. */
function headersFor({ rawHeaders }: IncomingMessage, { host }: URL, { credential }: GatewayApi): string[] {
  if (!credential) return ['Host', host, ...passedOn(rawHeaders, neverPassedOn)]
  const { header, key } = credential
  const own = [header, header === 'authorization' ? `Bearer ${key}` : key]
  return ['Host', host, ...passedOn(rawHeaders, [...neverPassedOn, 'authorization', 'x-api-key']), ...own]
}

/** Asks the API in the guest's place; the answer passes as it comes, piece by piece. */
export function askApi(request: IncomingMessage, response: ServerResponse, api: GatewayApi, parts: GatewayParts): void {
  const base = new URL(api.url)
  const secure = base.protocol === 'https:'
  const destination = { host: base.hostname, port: Number(base.port) || (secure ? 443 : 80) }
  const { path, query } = splitQuery(request.url ?? '/')
  if (!allowed.some((each) => each.method === request.method && each.path.test(path))) {
    parts.journal.add({ verdict: 'refused', ...destination, reason: 'path-refused' })
    return void refuse(response, 403, 'permission_error', 'The gateway of this task passes no such request to the API')
  }
  const onward = (secure ? httpsRequest : httpRequest)({
    hostname: base.hostname.replace(/^\[|\]$/g, ''),
    port: destination.port,
    method: request.method,
    path: `${base.pathname.replace(/\/$/, '')}${path}${query}`,
    headers: headersFor(request, base, api),
  })
  let sent = 0
  let received = 0
  request.on('data', (chunk: Buffer) => {
    sent += chunk.length
  })
  response.once('close', () => {
    onward.destroy()
    parts.journal.add({ verdict: 'api', ...destination, up: sent, down: received })
  })
  onward.setTimeout(parts.limits.idleMs, () => onward.destroy(new Error('The API said nothing for too long')))
  onward.on('error', (error: NodeJS.ErrnoException) => {
    refuse(response, 502, 'api_error', `The API cannot be reached: ${error.code ?? 'no answer'}`)
  })
  onward.once('response', (answered) => {
    response.writeHead(answered.statusCode ?? 502, passedOn(answered.rawHeaders, ['set-cookie']))
    response.flushHeaders()
    answered.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    pipeline(answered, response, () => undefined) // Either side's end closes the other.
  })
  if (request.method === 'GET') onward.end()
  else pipeline(request, onward, () => undefined) // A failure is told by `onward`.
}

function splitQuery(url: string): { readonly path: string; readonly query: string } {
  const at = url.indexOf('?')
  return at < 0 ? { path: url, query: '' } : { path: url.slice(0, at), query: url.slice(at) }
}

/** In the API's own words, so that the client understands them. */
function refuse(response: ServerResponse, status: number, type: string, message: string): void {
  if (response.headersSent) return void response.destroy()
  const body = JSON.stringify({ type: 'error', error: { type, message } })
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
