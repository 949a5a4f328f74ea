import type { IncomingMessage } from 'node:http'

/** Why the protocol cannot take a POST with these headers: its status and the words, or undefined when it can. Pure. */
export function headerProblem({
  headers,
}: Pick<IncomingMessage, 'headers'>): { status: 406 | 415; message: string } | undefined {
  if (!accepts(headers.accept, 'application', 'json') || !accepts(headers.accept, 'text', 'event-stream')) {
    return { status: 406, message: 'The client must accept both application/json and text/event-stream' }
  }
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/json') {
    return { status: 415, message: 'The content type must be application/json' }
  }
  if (!/^(identity)?$/i.test((headers['content-encoding'] ?? '').trim())) {
    return { status: 415, message: 'The body must not be compressed' }
  }
  return undefined
}

/** RFC 9110, 12.5.1: ranges with asterisks, any case, and a weight of 0 for what is not acceptable. */
function accepts(header: string | undefined, type: string, subtype: string): boolean {
  return (header ?? '').split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return false
    return name === '*/*' || name === `${type}/*` || name === `${type}/${subtype}`
  })
}

/** The SDK looks for the two names as they are; `headerProblem` has found them acceptable. */
export function spellAccept(request: IncomingMessage): void {
  const accept = 'application/json, text/event-stream'
  request.headers.accept = accept
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    if (request.rawHeaders[at]?.toLowerCase() === 'accept') request.rawHeaders[at + 1] = accept
  }
}
