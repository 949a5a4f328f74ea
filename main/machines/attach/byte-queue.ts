/** Bytes in the order in which they came, in at most twice as much memory as there are of them, however small the pieces were. */
export class ByteQueue {
  #memory: Buffer = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Copies them: what they were read with can be given up. */
  push(bytes: Buffer): void {
    const length = this.#length + bytes.length
    if (length > this.#memory.length) {
      const larger = Buffer.allocUnsafe(this.#length === 0 ? length : length * 2)
      this.#memory.copy(larger, 0, 0, this.#length)
      this.#memory = larger
    }
    bytes.copy(this.#memory, this.#length)
    this.#length = length
  }

  takeAll(): Buffer {
    const all = this.#memory.subarray(0, this.#length)
    this.clear()
    return all
  }

  clear(): void {
    this.#memory = Buffer.alloc(0)
    this.#length = 0
  }
}
