/**
 * Cuts bytes that come in pieces into lines, for text that no one vouches for: a line longer than the limit is ignored, so
 * that a stream without a line break takes no more memory than one line.
 */
export class BoundedLines {
  readonly #limitBytes: number
  #rest: Buffer = Buffer.alloc(0)
  #skipping = false

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** The complete lines that the next bytes, cut anywhere, bring; without their line breaks. */
  *add(chunk: Buffer): Generator<string> {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      const piece = chunk.subarray(start, end)
      const fits = !this.#skipping && this.#rest.length + piece.length <= this.#limitBytes
      if (fits) yield Buffer.concat([this.#rest, piece]).toString('utf8')
      this.#rest = Buffer.alloc(0)
      this.#skipping = false
      start = end + 1
    }
    if (!this.#skipping) this.#rest = Buffer.concat([this.#rest, chunk.subarray(start)])
    if (this.#rest.length > this.#limitBytes) {
      this.#rest = Buffer.alloc(0)
      this.#skipping = true
    }
  }
}
