import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'

/** What a file of JSON lines held. */
export interface JsonLines {
  readonly values: readonly unknown[]
  /** Complete lines that are no JSON, by number from 1; damage, since lines are written whole. */
  readonly damaged: readonly number[]
  /** Bytes up to the end of the last complete line; whatever follows is a line that was cut off while being written. */
  readonly completeBytes: number
}

/** Parses the bytes of a file of JSON lines; a last line with no newline is a torn write and is left out. Pure. */
export function parseJsonLines(bytes: Buffer): JsonLines {
  const values: unknown[] = []
  const damaged: number[] = []
  let number = 0
  for (const line of completeLines(bytes)) {
    number += 1
    if (line === '') continue
    try {
      values.push(JSON.parse(line))
    } catch {
      damaged.push(number)
    }
  }
  return { values, damaged, completeBytes: bytes.lastIndexOf(0x0a) + 1 }
}

/** The lines up to the last newline, one at a time: the text of a large file as a whole would take its room twice over. */
export function* completeLines(bytes: Buffer): Generator<string> {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start)
    if (end < 0) return
    yield bytes.toString('utf8', start, end)
    start = end + 1
  }
}

/** A file that only grows, one JSON value a line, each on disk before its `append` resolves. One writer at a time. */
export class JsonLinesFile implements AsyncDisposable {
  readonly #file: FileHandle
  #size: number
  #last: Promise<unknown> = Promise.resolve()
  /** Lines of a write that has not begun, and its end. */
  #waiting: string[] = []
  #next: Promise<void> | undefined

  private constructor(file: FileHandle, size: number) {
    this.#file = file
    this.#size = size
  }

  /**
   * Opens or makes the file (mode 0600), cuts off a torn last line, and returns what it holds.
   * Damaged lines stay in the file: what to do about them is the caller's to say.
   */
  static async open(path: string): Promise<{ file: JsonLinesFile; content: JsonLines }> {
    const { file, bytes } = await JsonLinesFile.openWithBytes(path)
    return { file, content: parseJsonLines(bytes) }
  }

  /** As `open`, for anyone who parses the lines in a way of their own. */
  static async openWithBytes(path: string): Promise<{ file: JsonLinesFile; bytes: Buffer }> {
    const handle = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
    try {
      const bytes = await handle.readFile()
      const completeBytes = bytes.lastIndexOf(0x0a) + 1
      if (completeBytes < bytes.length) {
        await handle.truncate(completeBytes)
        await handle.datasync()
      }
      return { file: new JsonLinesFile(handle, completeBytes), bytes }
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /**
   * Appends the values, all or none, in the order of the calls. Calls that come while a write is under way share the next one. A write that
   * fails (disk full) leaves no half line behind, and rejects for all that it was to hold.
   */
  append(...values: readonly unknown[]): Promise<void> {
    this.#waiting.push(...values.map((value) => `${JSON.stringify(value)}\n`))
    this.#next ??= this.#writeNext()
    return this.#next
  }

  #writeNext(): Promise<void> {
    const written = this.#last.then(() => {
      const lines = Buffer.from(this.#waiting.join(''))
      this.#waiting = []
      this.#next = undefined
      return this.#write(lines)
    })
    this.#last = written.catch(() => undefined) // The callers have the error; the next write must still run.
    return written
  }

  async #write(lines: Buffer): Promise<void> {
    try {
      let offset = 0
      while (offset < lines.length) {
        const { bytesWritten } = await this.#file.write(lines, offset, lines.length - offset, this.#size + offset)
        offset += bytesWritten
      }
      await this.#file.datasync()
    } catch (error) {
      await this.#file.truncate(this.#size)
      throw error
    }
    this.#size += lines.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#last
    await this.#file.close()
  }
}
