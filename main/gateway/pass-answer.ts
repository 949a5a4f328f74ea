import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream'
import { passedOn } from './headers.ts'

/**
 * Gives a server's answer to the guest, piece by piece as it comes, framed by the gateway. One that breaks off breaks the guest's
 * connection: a part never looks whole.
 * @returns false for an answer that cannot be passed on; nothing of it was, and the guest still waits for one.
 */
export function passAnswer(
  answered: IncomingMessage,
  response: ServerResponse,
  without: readonly string[] = [],
): boolean {
  const { statusCode = 0, rawHeaders, headers } = answered
  const length = headers['transfer-encoding'] === undefined ? headers['content-length'] : undefined
  const framing = length !== undefined && /^\d{1,15}$/.test(length) ? ['Content-Length', length] : []
  try {
    response.writeHead(statusCode, [...passedOn(rawHeaders, without), ...framing])
  } catch {
    answered.destroy() // A status or header that Node itself would not write.
    return false
  }
  response.flushHeaders()
  pipeline(answered, response, () => undefined) // Either side's end closes the other.
  return true
}
