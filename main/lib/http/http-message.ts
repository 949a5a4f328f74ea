import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

export type JsonBody =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too-large' }

/** Reads a request's body up to the limit and parses it, with or without a byte order mark. Rejects when the connection is lost meanwhile. */
export async function readJsonBody(request: IncomingMessage, limitBytes: number): Promise<JsonBody> {
  const bytes = await readBody(request, limitBytes)
  if (!bytes) return { kind: 'too-large' }
  try {
    return { kind: 'json', value: JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')) }
  } catch {
    return { kind: 'malformed' }
  }
}

/** By events, because leaving a `for await` early destroys the request and with it the answer. */
function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length']) > limitBytes) {
    request.resume()
    return Promise.resolve(undefined)
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limitBytes) {
        chunks.length = 0
        resolve(undefined)
      } else {
        chunks.push(chunk)
      }
    })
    request.once('end', () => resolve(Buffer.concat(chunks)))
    request.once('error', reject)
    request.once('close', () => {
      if (!request.readableEnded) reject(new Error('The client closed the connection'))
    })
  })
}

/** Answers with one JSON value. A body that was not read to its end closes the connection, so that it is not taken for a request. */
export function sendJson(
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.headersSent || response.destroyed) return
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': body.length,
    'cache-control': 'no-store',
    ...(!response.req.complete && { connection: 'close' }),
    ...headers,
  })
  response.end(body)
}

/** Whether `Accept-Encoding` names the coding, and not to refuse it. Pure. */
export const acceptsCoding = (accepts: string, coding: 'br' | 'gzip'): boolean =>
  accepts.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
    return name === coding && !parameters.some((word) => /^q=0(\.0*)?$/.test(word))
  })

/** Shorter answers gain nothing by it. */
const compressedFromBytes = 4 * 1024

/** Answers with one JSON value, compressed where it is long and the other side can read that. Resolves when it is handed over; never rejects. */
export async function sendLongJson(response: ServerResponse, value: unknown): Promise<void> {
  const body = Buffer.from(JSON.stringify(value))
  const accepts = String(response.req.headers['accept-encoding'] ?? '')
  const isCompressed = body.length >= compressedFromBytes && acceptsCoding(accepts, 'gzip')
  const bytes = isCompressed ? await promisify(gzip)(body) : body
  if (response.headersSent || response.destroyed) return
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': bytes.length,
    'cache-control': 'no-store',
    ...(isCompressed && { 'content-encoding': 'gzip' }),
  })
  response.end(bytes)
}

/** What becomes of a response. */
export interface ResponseOutcome {
  /** Fires when the other side goes away before the response is complete. */
  readonly lost: AbortSignal
  /** True when the last byte was handed to the system, false when the other side went away before. Never rejects. */
  readonly flushed: Promise<boolean>
}

export function responseOutcome(response: ServerResponse): ResponseOutcome {
  const lost = new AbortController()
  const flushed = new Promise<boolean>((resolve) => {
    response.once('finish', () => resolve(true))
    response.once('close', () => {
      if (!response.writableFinished) lost.abort(new Error('The client closed the connection'))
      resolve(response.writableFinished)
    })
  })
  return { lost: lost.signal, flushed }
}
