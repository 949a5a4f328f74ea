import { PassThrough } from 'node:stream'
import type { Engine } from '../../../main/fleet/engine.ts'
import { FrameReader, frameHead } from '../../../main/fleet/frames.ts'
import { preamble } from '../../../main/fleet/preamble.ts'
import { limitsAtNode, type ToHome, type ToNode } from '../../../main/fleet/protocol.ts'

/** What a test says in the place of a keeper. */
export interface ScriptedNode {
  /** Nothing of it is checked. */
  say(message: ToHome | object): void
  send(channel: number, bytes: Buffer): void
  raw(bytes: Buffer): void
  close(): void
}

/** An engine whose jobs run, and whose keeper is the test's. `hear` is called with each message of home's, for each connection anew. */
export function scriptedEngine(hear: (message: ToNode, node: ScriptedNode) => void): Engine & { attached: number } {
  const engine: Engine & { attached: number } = {
    attached: 0,
    hasQueue: false,
    submit: async () => undefined,
    look: async () => new Map(),
    cancel: async () => undefined,
    attach: () => {
      engine.attached += 1
      const [toHome, toNode] = [new PassThrough(), new PassThrough()]
      const { promise: ended, resolve } = Promise.withResolvers<void>()
      toHome.write(preamble)
      const node: ScriptedNode = {
        raw: (bytes) => void toHome.write(bytes),
        send: (channel, bytes) => void toHome.write(Buffer.concat([frameHead(channel, bytes.length), bytes])),
        say: (message) => node.send(0, Buffer.from(JSON.stringify(message))),
        close: () => void toHome.end(),
      }
      const reader = new FrameReader(limitsAtNode)
      toNode.on('data', (chunk: Buffer) => {
        for (const { channel, payload } of reader.add(chunk)) {
          if (channel === 0) hear(JSON.parse(payload.toString()) as ToNode, node)
        }
      })
      toNode.on('end', () => resolve())
      return { readable: toHome, writable: toNode, lastWords: () => '', ended, end: () => resolve() }
    },
  }
  return engine
}
