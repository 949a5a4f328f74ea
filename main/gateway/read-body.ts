import type { IncomingMessage } from 'node:http'

/** Bytes that all requests of a gateway hold at once, so that a guest cannot fill the host's memory. */
export class BodyBudget {
  #left: number
  readonly #perBody: number

  constructor({ bodyBytes, bodiesBytes }: { readonly bodyBytes: number; readonly bodiesBytes: number }) {
    this.#perBody = bodyBytes
    this.#left = bodiesBytes
  }

  /**
   * The whole body, decoded from its framing. Undefined when it is longer than a body may be, or than what is left for all of
   * them; rejects when the guest does not send it to its end. Disposing of it gives its bytes back.
   */
  async read(request: IncomingMessage): Promise<HeldBody | undefined> {
    const pieces: Buffer[] = []
    let held = 0
    const giveBack = () => {
      this.#left += held
      held = 0
    }
    try {
      for await (const piece of request as AsyncIterable<Buffer>) {
        if (held + piece.length > this.#perBody || piece.length > this.#left) {
          giveBack()
          return undefined
        }
        held += piece.length
        this.#left -= piece.length
        pieces.push(piece)
      }
    } catch (error) {
      giveBack()
      throw error
    }
    return { bytes: Buffer.concat(pieces), [Symbol.dispose]: giveBack }
  }
}

export interface HeldBody extends Disposable {
  readonly bytes: Buffer
}
