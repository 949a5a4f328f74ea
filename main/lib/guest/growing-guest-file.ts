import { openGuestFile } from './guest-file.ts'

const chunkBytes = 1024 ** 2
/** What is read at one look, so that a flood cannot keep the host busy. */
const lookBytes = 16 * chunkBytes

/** A file that a guest appends to, read as it grows by the rules of `openGuestFile`. */
export class GrowingGuestFile {
  readonly #folder: string
  readonly #name: string
  /** How far it was read. */
  offset = 0

  constructor(folder: string, name: string) {
    this.#folder = folder
    this.#name = name
  }

  /** Gives what was added since the last look, at most 16 MiB of it; from the start again when the file became shorter. */
  async look(onChunk: (chunk: Buffer) => void, onRestart?: () => void): Promise<void> {
    const opened = await openGuestFile(this.#folder, this.#name)
    if (opened.kind === 'refused') return
    await using file = opened.file
    if (opened.size < this.offset) {
      this.offset = 0
      onRestart?.()
    }
    const end = Math.min(opened.size, this.offset + lookBytes)
    while (this.offset < end) {
      const bytes = Buffer.alloc(Math.min(chunkBytes, end - this.offset))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, this.offset)
      if (bytesRead === 0) return
      onChunk(bytes.subarray(0, bytesRead))
      this.offset += bytesRead
    }
  }
}
