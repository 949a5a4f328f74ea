import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import type { Duplex, Readable } from 'node:stream'

export interface AskedOfGuest {
  readonly method: string | undefined
  readonly path: string | undefined
  readonly headers: OutgoingHttpHeaders
  readonly body: Readable | null
}

/** What a server in a guest answers. Its statuses are those of a whole answer, from 200 to 599. */
export type GuestAnswer =
  | { readonly kind: 'answer'; readonly status: number; readonly message: IncomingMessage }
  | {
      readonly kind: 'switched'
      readonly message: IncomingMessage
      readonly stream: Duplex
      /** What came behind the head. */
      readonly first: Buffer
    }

/** Of all headers of a message. */
export const headerBytes = 32 * 1024

/**
 * Sends a request on a connection to a guest. The handlers here do nothing that can throw: what is made of the answer is the caller's, whose own errors
 * reach its own caller.
 * @throws the connection's error, or one for what is no answer; the connection is destroyed then.
 */
export async function askGuest(stream: Duplex, { body, ...asked }: AskedOfGuest): Promise<GuestAnswer> {
  try {
    const answer = await new Promise<GuestAnswer>((resolve, reject) => {
      const asking = httpRequest({
        ...asked,
        createConnection: () => stream,
        setHost: false,
        maxHeaderSize: headerBytes,
      })
      asking.on('response', (message) => {
        message.on('error', () => undefined) // Whoever reads it hears of it.
        resolve({ kind: 'answer', status: message.statusCode ?? 0, message })
      })
      asking.on('upgrade', (message, far, first) => resolve({ kind: 'switched', message, stream: far, first }))
      asking.on('error', reject)
      asking.on('close', () => reject(new Error('it answers nothing')))
      if (!body) return void asking.end()
      body.on('error', () => stream.destroy())
      body.pipe(asking)
    })
    if (answer.kind === 'answer' && (answer.status < 200 || answer.status > 599))
      throw new Error(`it answers with the status ${answer.status}`)
    return answer
  } catch (error) {
    stream.destroy()
    throw error
  }
}
