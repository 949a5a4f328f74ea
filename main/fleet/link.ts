import type { Readable, Writable } from 'node:stream'
import type { z } from 'zod'
import { messageOf } from '../core/failure.ts'
import { parseGuestJson } from '../lib/guest/guest-json.ts'
import { type FrameLimits, FrameReader, frameHead, ProtocolError } from './frames.ts'
import { dataBytes } from './protocol.ts'

export interface LinkOptions<In> {
  readonly readable: Readable
  readonly writable: Writable
  readonly incoming: z.ZodType<In>
  readonly limits: FrameLimits
  /**
   * Whether frames are read while the other side does not read ours. Where both waited, neither would ever go on: `always` is for a node, which
   * trusts home, and `while-heard` for home, which keeps no answers for a node that asks and does not listen.
   */
  readonly reads: 'always' | 'while-heard'
  /** One after the other; the next frame is read when it has resolved. What they throw ends the link. */
  readonly onMessage: (message: In) => Promise<void> | void
  readonly onBytes: (channel: number, bytes: Buffer) => Promise<void> | void
}

/** Connections end at any time; that the other side does not keep to the protocol is no accident of the way there. */
interface LinkEnd {
  readonly why: string
  readonly isBroken: boolean
}

/** Messages and channels of bytes over a pair of streams. */
export interface Link<Out> {
  send(message: Out): void
  /** Resolves when there is room for more, or the link is over. */
  write(channel: number, bytes: Uint8Array): Promise<void>
  /** Resolves with why it is over; never rejects. Nothing is called any more then. */
  readonly over: Promise<LinkEnd>
  close(why: string): void
}

/** Speaks the protocol. Whoever breaks it, by a length, a shape or its turn, is read no more: the link is over. */
export function openLink<In, Out>(options: LinkOptions<In>): Link<Out> {
  const { readable, writable, incoming, limits, reads, onMessage, onBytes } = options
  const { promise: over, resolve } = Promise.withResolvers<LinkEnd>()
  let isOver = false
  const close = (why: string, isBroken = false): void => {
    if (isOver) return
    isOver = true
    readable.destroy()
    writable.end()
    setTimeout(() => writable.destroy(), 1_000).unref() // What was said last may still be on its way.
    resolve({ why, isBroken })
  }
  for (const stream of [readable, writable]) {
    stream.on('error', (error) => close(messageOf(error)))
    stream.on('close', () => close('the connection ended'))
  }
  let room: PromiseWithResolvers<void> | undefined
  const hasRoom = (): void => {
    room?.resolve()
    room = undefined
  }
  writable.on('drain', hasRoom)
  void over.then(hasRoom)
  const reader = new FrameReader(limits)
  const readAll = async (): Promise<void> => {
    for await (const chunk of readable as AsyncIterable<Buffer>) {
      for (const { channel, payload } of reader.add(chunk)) {
        if (reads === 'while-heard') await room?.promise
        if (isOver) return
        if (channel === 0) await onMessage(parsed(incoming, payload))
        else await onBytes(channel, Buffer.from(payload))
        if (isOver) return
      }
    }
  }
  readAll().then(
    () => close('the connection ended'),
    (error: unknown) => close(messageOf(error), error instanceof ProtocolError),
  )
  const frame = (channel: number, payload: Uint8Array): Promise<void> | undefined => {
    if (isOver || writable.destroyed || writable.writableEnded) return undefined
    writable.write(frameHead(channel, payload.length))
    if (writable.write(payload)) return undefined
    room ??= Promise.withResolvers<void>()
    return room.promise
  }
  return {
    over,
    close,
    send: (message) => void frame(0, Buffer.from(JSON.stringify(message))),
    write: async (channel, bytes) => {
      for (let at = 0; at < bytes.length; at += dataBytes) await frame(channel, bytes.subarray(at, at + dataBytes))
    },
  }
}

function parsed<In>(schema: z.ZodType<In>, payload: Buffer): In {
  let json: unknown
  try {
    json = parseGuestJson(payload.toString('utf8'))
  } catch {
    throw new ProtocolError('A message that is no JSON')
  }
  const message = schema.safeParse(json)
  if (message.success) return message.data
  const [issue] = message.error.issues
  throw new ProtocolError(`A message of another shape: ${issue?.path.join('.')}: ${issue?.message}`.slice(0, 300))
}
