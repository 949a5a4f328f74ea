import { Duplex } from 'node:stream'
import { ByteQueue } from './byte-queue.ts'
import { creditFrame, frame, LineFault, mostPayloadBytes, windowBytes } from './frames.ts'

/** The line as one of its streams sees it. */
export interface StreamLine {
  send(bytes: Buffer): void
  /** Tells the guest that the stream is closed here, and awaits its own word. */
  leave(stream: LineStream): void
  /** The stream has something to send, and may. */
  isReady(stream: LineStream): void
}

export interface ScreenSize {
  readonly rows: number
  readonly columns: number
}

/**
 * One stream to a guest: bytes both ways, each as far as the other side has room for them. Of what the guest sent no more than twice
 * `windowBytes` waits for whoever reads, in memory of its own size, however small the guest's frames are. It closes when either side has closed it, or with an error when the line is gone.
 */
export class LineStream extends Duplex {
  readonly id: number
  readonly #line: StreamLine
  readonly #opened = Promise.withResolvers<void>()
  /** From the guest, in the order in which it came, until it is read. */
  readonly #incoming = new ByteQueue()
  /** Whoever reads has asked for more than was passed on. */
  #isWanted = false
  #guestHasEnded = false
  /** The guest knows the stream no more. */
  #closedByGuest = false
  #isOpen = false
  /** How much the guest may still send, and how much was read since it was told. */
  #receivable = windowBytes
  #read = 0
  /** How much the guest still takes. */
  #sendable = windowBytes
  #outgoing: { readonly bytes: Buffer; readonly done: (error?: Error) => void } | undefined

  constructor(id: number, line: StreamLine) {
    // No more than one piece waits there: the others would each be an object, were it of one byte.
    super({ allowHalfOpen: false, readableHighWaterMark: 1 })
    this.id = id
    this.#line = line
    this.#opened.promise.catch(() => undefined) // Whoever waits for it hears of it.
    this.on('error', () => undefined) // As does whoever reads or writes.
  }

  /** Resolves once the guest has opened it; rejects with its reason when it did not. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Sets the size of a shell's screen. */
  resize({ rows, columns }: ScreenSize): void {
    if (!this.#closedByGuest && !this.destroyed) this.#line.send(frame('S', this.id, `${rows} ${columns}`))
  }

  // ---- from the line ----

  /** @throws LineFault, as the next three do. */
  guestOpened(): void {
    if (this.#isOpen) throw new LineFault('a stream that is opened twice')
    this.#isOpen = true
    this.#opened.resolve()
  }

  /** It is passed on by `flow`, which is called when all that came at a time has been taken apart. */
  guestSent(bytes: Buffer): void {
    this.#receivable -= bytes.length
    if (!this.#isOpen || this.#guestHasEnded || this.#receivable < 0)
      throw new LineFault('more on a stream than was agreed')
    if (!this.destroyed) this.#incoming.push(bytes)
  }

  guestTakes(bytes: number): void {
    this.#sendable += bytes
    if (this.#sendable > windowBytes) throw new LineFault('room for more than was sent')
    this.#offer()
  }

  guestEnded(): void {
    if (!this.#isOpen || this.#guestHasEnded) throw new LineFault('the end of a stream that has none to come')
    this.#guestHasEnded = true
    this.flow()
  }

  guestClosed(reason: string): void {
    this.#closedByGuest = true
    if (!this.#isOpen) {
      this.#opened.reject(new Error(reason))
      this.destroy()
      return
    }
    this.#outgoing?.done()
    this.#outgoing = undefined
    this.#guestHasEnded = true
    this.flow()
  }

  /** Passes on what came, if it is wanted. */
  flow(): void {
    if (this.destroyed) return
    if (this.#incoming.length > 0) {
      if (!this.#isWanted) return
      this.#isWanted = false
      const bytes = this.#incoming.takeAll()
      this.#read += bytes.length
      this.push(bytes)
      if (this.#read >= windowBytes / 4 && !this.#closedByGuest) {
        this.#line.send(creditFrame(this.id, this.#read))
        this.#receivable += this.#read
        this.#read = 0
      }
    }
    if (this.#guestHasEnded && !this.readableEnded) this.push(null)
  }

  /** Sends the next bytes, at most one frame of them. */
  sendNext(): void {
    const outgoing = this.#outgoing
    if (!outgoing || this.#sendable === 0) return
    const piece = outgoing.bytes.subarray(0, Math.min(mostPayloadBytes, this.#sendable))
    const rest = outgoing.bytes.subarray(piece.length)
    this.#sendable -= piece.length
    this.#outgoing = rest.length > 0 ? { ...outgoing, bytes: rest } : undefined
    this.#line.send(frame('D', this.id, piece))
    if (this.#outgoing) this.#offer()
    else outgoing.done() // Not earlier: what follows may be the end.
  }

  #offer(): void {
    if (this.#outgoing && this.#sendable > 0) this.#line.isReady(this)
  }

  // ---- from whoever uses it ----

  override _read(): void {
    this.#isWanted = true
    this.flow()
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (this.#closedByGuest || chunk.length === 0) {
      done()
      return
    }
    this.#outgoing = { bytes: chunk, done }
    this.#offer()
  }

  override _final(done: (error?: Error) => void): void {
    if (!this.#closedByGuest) this.#line.send(frame('E', this.id))
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#incoming.clear()
    this.#outgoing?.done(error ?? undefined)
    this.#outgoing = undefined
    this.#opened.reject(error ?? new Error('It was closed before it was open'))
    if (!this.#closedByGuest) this.#line.leave(this)
    done(error)
  }
}
