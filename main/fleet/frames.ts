/** What a frame may hold, beside its channel. A longer one ends the connection. */
export interface FrameLimits {
  /** Of a message, which is on channel 0. */
  readonly messageBytes: number
  /** Of bytes on any other channel. */
  readonly dataBytes: number
}

export interface Frame {
  readonly channel: number
  readonly payload: Buffer
}

/** The other side does not keep to the protocol: nothing more of it is read. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
}

const headBytes = 6

/** A frame is a length (u32, of what follows it), a channel (u16), and a payload. */
export function frameHead(channel: number, payloadBytes: number): Buffer {
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(payloadBytes + 2, 0)
  head.writeUInt16BE(channel, 4)
  return head
}

/** Cuts a stream of bytes into frames. What it holds is bounded by the longest frame and the longest chunk. */
export class FrameReader {
  readonly #limits: FrameLimits
  #held: Buffer = Buffer.alloc(0)

  constructor(limits: FrameLimits) {
    this.#limits = limits
  }

  /** The frames that are whole now. @throws ProtocolError for a length that no frame may have. */
  *add(chunk: Buffer): Generator<Frame> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    while (this.#held.length >= headBytes) {
      const length = this.#held.readUInt32BE(0)
      const channel = this.#held.readUInt16BE(4)
      const { messageBytes, dataBytes } = this.#limits
      const most = channel === 0 ? messageBytes : dataBytes
      if (length < 2 || length - 2 > most) throw new ProtocolError(`A frame of ${length} bytes on channel ${channel}`)
      const end = 4 + length
      if (this.#held.length < end) return
      const payload = this.#held.subarray(headBytes, end)
      this.#held = this.#held.subarray(end)
      yield { channel, payload }
    }
  }
}
