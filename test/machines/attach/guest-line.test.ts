import { duplexPair } from 'node:stream'
import { expect, onTestFinished, test, vi } from 'vitest'
import { creditFrame, frame, mostPayloadBytes, mostStreams, windowBytes } from '../../../main/machines/attach/frames.ts'
import { GuestLine, type LineTarget, mostPortStreams } from '../../../main/machines/attach/guest-line.ts'
import { LineStream } from '../../../main/machines/attach/line-stream.ts'

const never = new AbortController().signal
const target = { kind: 'port', port: 80 } as const
const opened = (id: number): Buffer => Buffer.concat([Buffer.from('A'), frame('D', id).subarray(1)])
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A line whose other end says what the test says. `before` comes before its answer to our greeting. */
async function liar({ before = Buffer.alloc(0) as Buffer } = {}) {
  const [ours, theirs] = duplexPair({ highWaterMark: 1 << 20 })
  const heard: Buffer[] = []
  theirs.on('data', (chunk: Buffer) => {
    if (heard.length === 0) {
      theirs.write(before)
      theirs.write(chunk.subarray(-23))
    }
    heard.push(chunk)
  })
  const line = await GuestLine.begin(ours, never)
  onTestFinished(() => line.close())
  return {
    line,
    says: (...frames: readonly Buffer[]) => theirs.write(Buffer.concat(frames)),
    /** What it heard after the greeting. */
    heard: () => Buffer.concat(heard.slice(1)),
    isHeld: () => ours.isPaused(),
    hangUp: () => theirs.end(),
  }
}

/** With one stream that is open, or so it seems. */
async function openLiar() {
  const parts = await liar()
  const opening = parts.line.open(target, never)
  await nextTurn()
  parts.says(opened(1))
  return { ...parts, stream: await opening }
}

const fateOf = (stream: LineStream): Promise<string> =>
  new Promise((resolve) => {
    stream.on('error', (error) => resolve(error.message))
    stream.on('close', () => resolve('closed'))
  })

test('what the guest still had to say to the host before us is passed over, also half of a frame', async () => {
  const { line, says } = await liar({ before: frame('D', 7, Buffer.alloc(9000)).subarray(5) })
  const opening = line.open(target, never)
  await nextTurn()
  says(opened(1), frame('D', 1, 'ours'), frame('C', 1))
  const stream = await opening
  expect(String(Buffer.concat(await stream.toArray()))).toBe('ours')
})

test('a guest whose answer got lost is greeted again, and the answer to the last greeting counts', async () => {
  const [ours, theirs] = duplexPair({ highWaterMark: 1 << 20 })
  const greetings: Buffer[] = []
  let said = Buffer.alloc(0)
  theirs.on('data', (chunk: Buffer) => {
    said = Buffer.concat([said, chunk])
    for (; said.length >= 16_414; said = said.subarray(16_414)) greetings.push(said.subarray(16_391, 16_414))
    if (greetings.length < 3) return
    const [first = Buffer.alloc(0), last = Buffer.alloc(0)] = [greetings[0], greetings.at(-1)]
    theirs.write(Buffer.concat([first, last, frame('D', 9, 'x')])) // What it says then is wrong, and heard.
  })
  const line = await GuestLine.begin(ours, never, { answerMs: 60_000, againMs: 1 })
  await line.closed
  expect(greetings.length).toBeGreaterThanOrEqual(3)
})

test('our greeting ends whatever frame the host before us left half said', async () => {
  const [ours, theirs] = duplexPair({ highWaterMark: 1 << 20 })
  const said = new Promise<Buffer>((resolve) => theirs.once('data', resolve))
  void GuestLine.begin(ours, never).catch(() => undefined)
  const greeting = await said
  expect(greeting.subarray(0, 7 + mostPayloadBytes).every((byte) => byte === 0)).toBe(true)
  expect(greeting.toString('latin1', 7 + mostPayloadBytes, 8 + mostPayloadBytes)).toBe('H')
  ours.destroy()
})

test.each<[string, (frames: { readonly id: number }) => readonly Buffer[]]>([
  ['speaks of a stream that was never opened', () => [frame('D', 2, 'x')]],
  ['speaks of no stream', () => [frame('D', 0, 'x')]],
  ['opens a stream twice', ({ id }) => [opened(id)]],
  [
    'sends more than was agreed',
    ({ id }) => Array.from({ length: 9 }, () => frame('D', id, Buffer.alloc(mostPayloadBytes))),
  ],
  ['sends nothing, again and again', ({ id }) => [frame('D', id)]],
  ['goes on after its end', ({ id }) => [frame('E', id), frame('D', id, 'x')]],
  ['ends twice', ({ id }) => [frame('E', id), frame('E', id)]],
  ['gives more room than was taken', ({ id }) => [creditFrame(id, windowBytes)]],
  ['gives room of nothing', ({ id }) => [creditFrame(id, 0)]],
  ['gives room in too few bytes', ({ id }) => [frame('W', id, 'xyz')]],
  ['closes with a long reason', ({ id }) => [frame('C', id, Buffer.alloc(201, 'x'))]],
  ['says a frame that only a host says', ({ id }) => [frame('O', id, 'port 80')]],
  ['greets in the middle', () => [frame('H', 0, Buffer.alloc(16))]],
  ['claims a frame of 65,535 bytes', ({ id }) => [Buffer.from([0x44, 0, 0, 0, id, 0xff, 0xff])]],
  ['says what is no frame', () => [Buffer.from('HTTP/1.1 200 OK\r\n')]],
])('a guest that %s loses the line, and what is open in it ends with the reason', async (_, frames) => {
  const { line, says, stream } = await openLiar()
  const fate = fateOf(stream)
  says(...frames({ id: stream.id }))
  expect(await fate).toMatch(/^The machine does not keep to the protocol of its line: /)
  await line.closed
  expect(line.isOpen).toBe(false)
  await expect(line.open(target, never)).rejects.toMatchObject({ code: 'guest-failed' })
})

test('a stream that we closed is forgotten when the guest says so, and what it sends meanwhile is thrown away, as far as was agreed', async () => {
  const { line, says, stream } = await openLiar()
  stream.destroy()
  for (let round = 0; round < windowBytes / mostPayloadBytes; round += 1)
    says(frame('D', 1, Buffer.alloc(mostPayloadBytes)))
  await nextTurn()
  expect(line.isOpen).toBe(true)
  says(frame('D', 1, 'x'))
  await line.closed
})

const shell = { kind: 'shell', size: { rows: 24, columns: 80 } } as const

test('a guest that never says that what we closed is closed keeps nobody from a shell, and loses the line in the end', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { line, says } = await liar()
  const openAll = async (target: LineTarget, first: number, last: number): Promise<LineStream[]> => {
    const streams: LineStream[] = []
    for (let id = first; id <= last; id += 1) {
      const opening = line.open(target, never)
      await nextTurn()
      says(opened(id))
      // A host that was busy while it read makes a pause, which a timer ends.
      await vi.advanceTimersByTimeAsync(100)
      streams.push(await opening)
    }
    return streams
  }
  for (const stream of await openAll(target, 1, mostPortStreams)) stream.destroy()
  await expect(line.open(target, never)).rejects.toMatchObject({ code: 'task-busy' })
  const shells = await openAll(shell, mostPortStreams + 1, mostStreams)
  await expect(line.open(shell, never)).rejects.toMatchObject({ code: 'task-busy' })
  // One that it does close makes room for one.
  says(frame('C', 1))
  await vi.advanceTimersByTimeAsync(100)
  await openAll(target, mostStreams + 1, mostStreams + 1)
  const fates = Promise.all(shells.map(fateOf))
  await vi.advanceTimersByTimeAsync(30_000)
  expect(new Set(await fates)).toEqual(new Set(['The machine does not close what is to be closed on its line']))
  expect(line.isOpen).toBe(false)
})

test('a guest that closes what we closed keeps its line', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  const { line, says, stream } = await openLiar()
  stream.destroy()
  says(frame('C', 1))
  await nextTurn()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(line.isOpen).toBe(true)
})

test('a guest that takes nothing is sent no more than a window of each stream, and the writer is held', async () => {
  const { stream, heard } = await openLiar()
  let written = 0
  stream.write(Buffer.alloc(3 * windowBytes), () => {
    written += 1
  })
  for (let turn = 0; turn < 50; turn += 1) await nextTurn()
  expect(written).toBe(0)
  expect(heard().length).toBeLessThan(windowBytes + 1000)
})

test('what nobody reads is bounded, and the guest is given no more room', async () => {
  const { stream, says, heard } = await openLiar()
  for (let round = 0; round < windowBytes / mostPayloadBytes; round += 1)
    says(frame('D', 1, Buffer.alloc(mostPayloadBytes)))
  for (let turn = 0; turn < 20; turn += 1) await nextTurn()
  const roomGiven = heard().toString('latin1').split('W').length - 1
  expect(roomGiven).toBeLessThanOrEqual(3)
  expect(stream.readableLength).toBeLessThanOrEqual(2 * windowBytes)
})

test('what nobody reads is kept without what it was read with, in memory of its own size, and comes in few pieces', () => {
  const stream = new LineStream(1, { send: () => undefined, leave: () => undefined, isReady: () => undefined })
  stream.guestOpened()
  for (let round = 0; round < 1000; round += 1) {
    const read = Buffer.alloc(1000, String(round % 10))
    stream.guestSent(read.subarray(0, 1))
    stream.flow()
    read.fill('?') // Whoever still refers to it has this now.
  }
  const pieces: Buffer[] = []
  for (let piece = stream.read(); piece !== null; piece = stream.read()) pieces.push(piece)
  expect(Buffer.concat(pieces).toString()).toBe('0123456789'.repeat(100))
  expect(pieces.length).toBeLessThanOrEqual(2)
  // Small ones share the memory of Node.js.
  for (const { buffer, length } of pieces)
    expect(buffer.byteLength).toBeLessThanOrEqual(Math.max(Buffer.poolSize, 2 * length))
})

test('a guest that floods in frames of one byte is let wait as long as they took, and all of it comes', async () => {
  const { stream, says, isHeld } = await openLiar()
  let received = 0
  stream.on('data', ({ length }: Buffer) => {
    received += length
  })
  says(Buffer.concat(Array.from({ length: 100_000 }, () => frame('D', 1, 'x'))))
  await nextTurn()
  expect(isHeld()).toBe(true)
  await expect.poll(() => received).toBe(100_000)
  await expect.poll(isHeld).toBe(false)
})

test('a guest that does not answer is waited for until the signal fires, and one whose line ends is told at once', async () => {
  const [ours] = duplexPair()
  const over = new AbortController()
  const beginning = GuestLine.begin(ours, over.signal)
  over.abort(new Error('enough'))
  await expect(beginning).rejects.toThrow('enough')
  expect(ours.destroyed).toBe(true)
  const [mine, theirs] = duplexPair()
  const begun = GuestLine.begin(mine, never)
  theirs.end()
  await expect(begun).rejects.toMatchObject({ code: 'guest-failed', message: 'The line to the machine is gone' })
  const [silent] = duplexPair()
  await expect(GuestLine.begin(silent, never, { answerMs: 10, againMs: 1_000 })).rejects.toMatchObject({
    code: 'guest-failed',
    hint: expect.stringContaining('before the update'),
  })
  expect(silent.destroyed).toBe(true)
})

test('when the line ends, all that is open ends with the reason, and what was about to open', async () => {
  const { line, stream, hangUp } = await openLiar()
  const fate = fateOf(stream)
  const opening = line.open(target, never)
  hangUp()
  await expect(opening).rejects.toThrow('The line to the machine is gone')
  expect(await fate).toBe('The line to the machine is gone')
})
