/**
 * What goes over the line to a guest; `nix/attach.pl` is the other end, and describes it. Everything that comes from there is a guest's: a
 * frame that could not come from our own program is a `LineFault`.
 */

/** Of what one frame carries. */
export const mostPayloadBytes = 16_384
/** How much each side may send on a stream before the other has taken it. */
export const windowBytes = 131_072
/** Streams of one line that are open at a time. */
export const mostStreams = 64
/** Of the reason that a closed stream is given. */
const mostReasonBytes = 200

const headerBytes = 7
const helloBytes = 16

export type FrameType = 'H' | 'O' | 'S' | 'D' | 'W' | 'E' | 'C'

/** What a guest says of a stream; `H` is for `findHello` alone. */
export type GuestFrame =
  | { readonly kind: 'opened'; readonly id: number }
  | { readonly kind: 'data'; readonly id: number; readonly bytes: Buffer }
  /** So many more bytes may be sent. */
  | { readonly kind: 'credit'; readonly id: number; readonly bytes: number }
  | { readonly kind: 'ended'; readonly id: number }
  | { readonly kind: 'closed'; readonly id: number; readonly reason: string }

/** The guest does not keep to the protocol: nothing that it says is believed any more. */
export class LineFault extends Error {
  override readonly name = 'LineFault'
}

export function frame(type: FrameType, id: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload as string)
  const all = Buffer.allocUnsafe(headerBytes + bytes.length)
  all.write(type, 'latin1')
  all.writeUInt32BE(id, 1)
  all.writeUInt16BE(bytes.length, 5)
  bytes.copy(all, headerBytes)
  return all
}

export function creditFrame(id: number, bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4)
  payload.writeUInt32BE(bytes)
  return frame('W', id, payload)
}

/** What a new host says first, whatever the one before it was about to say; the guest answers it with the last frame of it. */
export function helloFrames(nonce: Buffer): { readonly said: Buffer; readonly answer: Buffer } {
  if (nonce.length !== helloBytes) throw new Error('a nonce has 16 bytes')
  const answer = frame('H', 0, nonce)
  return { said: Buffer.concat([Buffer.alloc(headerBytes + mostPayloadBytes), answer]), answer }
}

/** Passes over what the guest still had to say to the host before us, and is true with what comes after its answer. */
export class HelloReader {
  readonly #answer: Buffer
  #rest: Buffer = Buffer.alloc(0)

  constructor(answer: Buffer) {
    this.#answer = answer
  }

  /** What came after the answer; undefined while it has not come. */
  push(chunk: Buffer): Buffer | undefined {
    const all = Buffer.concat([this.#rest, chunk])
    const at = all.indexOf(this.#answer)
    if (at >= 0) return all.subarray(at + this.#answer.length)
    this.#rest = all.subarray(Math.max(0, all.length - this.#answer.length + 1))
    return undefined
  }
}

/** Takes a guest's frames apart; keeps no more than one that is not complete. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws LineFault */
  *push(chunk: Buffer): Generator<GuestFrame> {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let at = 0
    while (all.length - at >= headerBytes) {
      const length = all.readUInt16BE(at + 5)
      checkHeader(all[at] ?? 0, all.readUInt32BE(at + 1), length)
      const end = at + headerBytes + length
      if (end > all.length) break
      yield readFrame(String.fromCharCode(all[at] ?? 0), all.readUInt32BE(at + 1), all.subarray(at + headerBytes, end))
      at = end
    }
    // A copy: what was read must not be kept for the sake of a few bytes.
    this.#rest = Buffer.from(all.subarray(at))
  }
}

/** The least and the most that each frame of a guest carries. */
const payloads: ReadonlyMap<number, readonly [least: number, most: number]> = new Map(
  Object.entries({ A: [0, 0], D: [1, mostPayloadBytes], W: [4, 4], E: [0, 0], C: [0, mostReasonBytes] } as const).map(
    ([type, bounds]) => [type.charCodeAt(0), bounds],
  ),
)

/** @throws LineFault for what begins no frame. */
function checkHeader(type: number, id: number, length: number): void {
  const [least, most] = payloads.get(type) ?? [1, 0]
  if (id === 0 || length < least || length > most) {
    throw new LineFault(`a frame of the type ${type} with ${length} bytes for stream ${id}`)
  }
}

/** @throws LineFault */
function readFrame(type: string, id: number, payload: Buffer): GuestFrame {
  switch (type) {
    case 'A':
      return { kind: 'opened', id }
    case 'D':
      return { kind: 'data', id, bytes: payload }
    case 'E':
      return { kind: 'ended', id }
    case 'C':
      return { kind: 'closed', id, reason: payload.toString('utf8') }
    default: {
      const bytes = payload.readUInt32BE()
      if (bytes === 0) throw new LineFault('room for nothing')
      return { kind: 'credit', id, bytes }
    }
  }
}
