import { ok } from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { FrameReader, frameHead, ProtocolError } from '../../../main/fleet/frames.ts'
import { openLink } from '../../../main/fleet/link.ts'
import { limitsAtHome, type ToHome, toHomeSchema } from '../../../main/fleet/protocol.ts'
import { jsonLike, mutated } from '../mutate.ts'
import { pure, type Target } from '../target.ts'

const work = {
  commit: 'a'.repeat(40),
  wip: false,
  also: [{ commit: 'b'.repeat(40), from: 'branch x' }],
  operation: null,
}
const messages: readonly ToHome[] = [
  { type: 'hello', protocol: 1, node: 'desk', seat: 'empty', run: 0 },
  { type: 'has', commits: ['c'.repeat(40)] },
  {
    type: 'status',
    status: {
      ...{ phase: 'working', why: null, hasMachine: true, hasAgent: true, notes: ['a note'], stopReason: null },
      ...{ waits: { said: 'Done.' }, read: [{ id: '11111111-0000-4000-8000-000000000000', as: 'answered' }] },
    },
  },
  { type: 'dial', channel: 16 },
  { type: 'passed', channel: 16, bytes: 100 },
  { type: 'end', channel: 16 },
  { type: 'checkpoint', commit: 'd'.repeat(40) },
  {
    type: 'done',
    end: {
      kind: 'ran',
      exit: { kind: 'crashed', exitCode: 1, signal: null, detail: 'why' },
      stopReason: { code: 'timed-out', message: 'too long' },
      work: { saved: { ...work, markers: { files: ['a.txt'] }, notes: [], unsaved: false } },
    },
  },
]
const framed = (payload: Buffer, channel = 0): Buffer => Buffer.concat([frameHead(channel, payload.length), payload])
const talk = Buffer.concat([
  ...messages.map((message) => framed(Buffer.from(JSON.stringify(message)))),
  framed(Buffer.from('on the console'), 2),
])

/** What a node says, cut into frames: the longest is the most that is ever held. */
const frames = pure('frames of a node', mutated([talk]), (input) => {
  const reader = new FrameReader(limitsAtHome)
  try {
    for (let at = 0; at < input.length; at += 7_000) {
      for (const { channel, payload } of reader.add(input.subarray(at, at + 7_000))) {
        const most = channel === 0 ? limitsAtHome.messageBytes : limitsAtHome.dataBytes
        ok(payload.length <= most, `${payload.length} bytes on channel ${channel}`)
      }
    }
  } catch (error) {
    ok(error instanceof ProtocolError, String(error))
  }
})

/** The same over a link: it is over in the end, whatever was said, and only what fits the schema is heard. */
const link = pure(
  'messages of a node',
  fc.oneof(
    mutated([talk]),
    ...messages.map((message) => jsonLike(JSON.stringify(message)).map((json) => framed(json.subarray(0, 200_000)))),
  ),
  async (input) => {
    const readable = new PassThrough()
    const opened = openLink<ToHome, object>({
      ...{ readable, writable: new PassThrough(), incoming: toHomeSchema, limits: limitsAtHome, reads: 'while-heard' },
      onMessage: (message) => ok(toHomeSchema.safeParse(message).success, 'a message that does not fit'),
      onBytes: (channel, bytes) => ok(channel > 0 && bytes.length <= limitsAtHome.dataBytes, 'too many bytes'),
    })
    readable.end(input)
    const { why } = await opened.over
    ok(!why.includes('a message that does not fit') && !why.includes('too many bytes'), why)
  },
)

export const fleetTargets: readonly Target[] = [frames, link]
