import { request } from 'node:http'

const answerLimit = 1 << 20

export interface SocketRequest {
  readonly socketPath: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
}

export interface SocketAnswer {
  readonly status: number
  readonly text: string
}

/**
 * One HTTP exchange over a unix socket, on a connection of its own.
 * @throws when no one listens, the signal fires, or the answer is longer than 1 MiB.
 */
export async function requestOverSocket(
  { socketPath, method, path, body }: SocketRequest,
  signal: AbortSignal,
): Promise<SocketAnswer> {
  const sent = body === undefined ? undefined : JSON.stringify(body)
  const { promise, resolve, reject } = Promise.withResolvers<SocketAnswer>()
  const headers =
    sent === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }
  const exchange = request({ socketPath, method, path, headers, signal, agent: false }, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
      if (text.length > answerLimit) exchange.destroy(new Error(`An answer over ${socketPath} was too long`))
    })
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    response.on('error', reject)
  })
  exchange.on('error', reject)
  exchange.end(sent)
  return await promise
}
