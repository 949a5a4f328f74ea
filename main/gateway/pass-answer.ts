import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline, type Transform } from 'node:stream'
import { passedOn } from './headers.ts'

export interface AnswerChanges {
  /** Headers that the guest is not given. */
  readonly without?: readonly string[]
  /** What becomes of the value of every other. */
  readonly header?: (value: string, name: string) => string
  /** What the body goes through on its way, one after the other. */
  readonly body?: readonly Transform[]
  /** Whether that may change its length. */
  readonly changesLength?: boolean
}

/**
 * Gives a server's answer to the guest, piece by piece as it comes, framed by the gateway. One that breaks off breaks the guest's
 * connection: a part never looks whole.
 * @returns false for an answer that cannot be passed on; nothing of it was, and the guest still waits for one.
 */
export function passAnswer(
  answered: IncomingMessage,
  response: ServerResponse,
  { without, header, body = [], changesLength = false }: AnswerChanges = {},
): boolean {
  const { statusCode = 0, rawHeaders, headers } = answered
  const length = headers['transfer-encoding'] === undefined ? headers['content-length'] : undefined
  const keepsLength = length !== undefined && /^\d{1,15}$/.test(length) && !changesLength
  const passed = passedOn(rawHeaders, without).map((text, index, all) =>
    index % 2 === 1 && header ? header(text, all[index - 1]?.toLowerCase() ?? '') : text,
  )
  try {
    response.writeHead(statusCode, [...passed, ...(keepsLength ? ['Content-Length', length] : [])])
  } catch {
    answered.destroy() // A status or header that Node itself would not write.
    return false
  }
  response.flushHeaders()
  pipeline([answered, ...body, response], () => undefined) // Either side's end closes the other.
  return true
}
