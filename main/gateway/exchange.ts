import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'

export interface ExchangeParts {
  readonly idleMs: number
  /** Gives the answer to the guest; false when it cannot be given. */
  readonly pass: (answered: IncomingMessage) => boolean
  /** Tells the guest why there is none, where it has nothing yet. */
  readonly fail: (why: string) => void
  /** `down` is how many bytes of the answer came. */
  readonly ended: (end: { readonly status: number | null; readonly down: number }) => void
}

/** Resolves when the guest has the answer, or cannot have one. */
export function exchange(
  onward: ClientRequest,
  response: ServerResponse,
  { idleMs, pass, fail, ended }: ExchangeParts,
): Promise<void> {
  let received = 0
  let status: number | null = null
  onward.setTimeout(idleMs, () => onward.destroy(new Error('The server said nothing for too long')))
  onward.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? 'no answer'))
  onward.once('response', (answered) => {
    status = answered.statusCode ?? null
    answered.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
    if (!pass(answered)) fail('its answer is malformed')
  })
  // An answer that switches to another protocol, which was not asked for.
  onward.once('upgrade', (_answered, socket) => socket.destroy())
  onward.once('close', () => {
    if (!response.headersSent) fail('no answer')
  })
  return new Promise((resolve) => {
    response.once('close', () => {
      onward.destroy()
      ended({ status, down: received })
      resolve()
    })
  })
}
