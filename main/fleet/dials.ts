import type { Duplex } from 'node:stream'
import { dialWindowBytes } from './protocol.ts'

/** How the connections of a link are spoken of to the other side. */
export interface DialSpeech {
  /** Bytes that a connection brought. */
  write(channel: number, bytes: Uint8Array): Promise<void>
  /** So many bytes that came for the connection were passed on. */
  passed(channel: number, bytes: number): void
  /** It will bring nothing more. */
  end(channel: number): void
}

interface Dial {
  readonly socket: Duplex
  /** What the other side has not passed on yet. */
  sent: number
  /** What came for it and is not passed on yet. */
  held: number
}

/**
 * Connections of a guest that go through a link, each with a window of its own: one that is not read holds up no other, and takes no more memory
 * than its window. One whose other end does not keep to that is cut off.
 */
export class Dials {
  readonly #speech: DialSpeech
  readonly #dials = new Map<number, Dial>()

  constructor(speech: DialSpeech) {
    this.#speech = speech
  }

  get size(): number {
    return this.#dials.size
  }

  has(channel: number): boolean {
    return this.#dials.has(channel)
  }

  add(channel: number, socket: Duplex): void {
    const dial: Dial = { socket, sent: 0, held: 0 }
    this.#dials.set(channel, dial)
    socket.on('data', (bytes: Buffer) => {
      if (this.#dials.get(channel) !== dial) return
      dial.sent += bytes.length
      if (dial.sent >= dialWindowBytes) socket.pause()
      void this.#speech.write(channel, bytes)
    })
    socket.on('end', () => this.#dials.get(channel) === dial && this.#speech.end(channel))
    socket.on('error', () => undefined) // `close` follows.
    socket.on('close', () => {
      if (this.#dials.get(channel) !== dial) return
      this.#dials.delete(channel)
      this.#speech.end(channel)
    })
  }

  /** What the link brought for a connection; for one that is gone it goes nowhere. */
  take(channel: number, bytes: Buffer): void {
    const dial = this.#dials.get(channel)
    if (!dial) return
    dial.held += bytes.length
    if (dial.held > 2 * dialWindowBytes) return void dial.socket.destroy()
    dial.socket.write(bytes, () => {
      dial.held -= bytes.length
      if (this.#dials.get(channel) === dial) this.#speech.passed(channel, bytes.length)
    })
  }

  /** The other side has passed on so much. */
  passed(channel: number, bytes: number): void {
    const dial = this.#dials.get(channel)
    if (!dial) return
    dial.sent = Math.max(0, dial.sent - bytes)
    if (dial.sent < dialWindowBytes && dial.socket.isPaused()) dial.socket.resume()
  }

  /** The other side brings nothing more. */
  end(channel: number): void {
    this.#dials.get(channel)?.socket.end()
  }

  /** Ends all of them, when the link is over. */
  clear(): void {
    const all = [...this.#dials.values()]
    this.#dials.clear()
    for (const { socket } of all) socket.destroy()
  }
}
