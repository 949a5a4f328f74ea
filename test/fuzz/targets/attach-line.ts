import { ok } from 'node:assert/strict'
import { duplexPair } from 'node:stream'
import fc from 'fast-check'
import { frame, windowBytes } from '../../../main/machines/attach/frames.ts'
import { GuestLine } from '../../../main/machines/attach/guest-line.ts'
import type { LineStream } from '../../../main/machines/attach/line-stream.ts'
import { pure, type Target } from '../target.ts'

const never = new AbortController().signal
const openStreams = 3
const helloBytes = 23

const payload = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
const id = fc.integer({ min: 0, max: openStreams + 1 })
/** Frames as a guest says them, in any order, of streams that are open and of others. */
const sound = fc
  .tuple(fc.constantFrom('A', 'D', 'W', 'E', 'C', 'H', 'O', '\0'), id, payload)
  .map(([type, of, bytes]) => {
    const all = frame('D', of, type === 'W' ? bytes.subarray(0, 4) : type === 'A' || type === 'E' ? '' : bytes)
    all.write(type, 'latin1')
    return all
  })
const inputs = fc
  .array(fc.oneof({ weight: 6, arbitrary: sound }, { weight: 1, arbitrary: payload }), { maxLength: 40 })
  .map((parts) => Buffer.concat(parts))

/** A guest whose multiplexer answers the greeting and says these bytes, in two pieces, to a host that has opened three streams. */
const attachLine = pure('the line to a guest', inputs, async (input) => {
  const [ours, theirs] = duplexPair({ highWaterMark: 1 << 20 })
  theirs.once('data', (chunk: Buffer) => theirs.write(chunk.subarray(-helloBytes)))
  theirs.resume()
  const line = await GuestLine.begin(ours, never)
  const opening = Array.from({ length: openStreams }, () => line.open({ kind: 'port', port: 1 }, never).catch(failed))
  const half = Math.floor(input.length / 2)
  for (const piece of [input.subarray(0, half), input.subarray(half)]) {
    theirs.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  theirs.end()
  await line.closed
  for (const stream of await Promise.all(opening)) {
    if (stream === undefined) continue
    ok(stream.readableLength <= 2 * windowBytes, 'more is kept than was agreed')
    stream.resume()
    if (!stream.closed) await new Promise((resolve) => stream.once('close', resolve))
  }
  ok(!line.isOpen)
})

function failed(error: unknown): LineStream | undefined {
  ok((error as Error).name === 'AppError', `threw ${String(error)}`)
  return undefined
}

export const lineTargets: readonly Target[] = [attachLine]
