import { type Duplex, duplexPair } from 'node:stream'
import type { Dials } from '../dials.ts'
import { firstLine, lastLine } from '../protocol.ts'

/**
 * Opens the line to a task's machine as a channel of the connection to its keeper: what goes over it is the line's own protocol, whose other end is a guest, and
 * that is believed no more for having come through a place.
 */
export class LineChannels {
  readonly #dials: Dials
  readonly #ask: (channel: number) => void
  #last = firstLine - 1

  constructor(dials: Dials, ask: (channel: number) => void) {
    this.#dials = dials
    this.#ask = ask
  }

  open(): Duplex {
    do this.#last = this.#last >= lastLine ? firstLine : this.#last + 1
    while (this.#dials.has(this.#last))
    const [ours, theirs] = duplexPair()
    ours.once('close', () => theirs.destroy())
    theirs.once('close', () => ours.destroy())
    this.#ask(this.#last)
    this.#dials.add(this.#last, theirs)
    return ours
  }
}
