import { expect, test } from 'vitest'
import {
  behindBytes,
  type FeedState,
  feedConsole,
  type ReadConsole,
  readRange,
  tailBytes,
} from '../../renderer/stores/console-feed.ts'

/** A console file of the host, and everything that was asked of it. */
function file(initial: string, ended = false) {
  const state = { bytes: Buffer.from(initial), ended }
  const asked: { offset: number; limit: number; wait: boolean }[] = []
  let [now, most] = [0, 0]
  const read: ReadConsole = async (range) => {
    asked.push(range)
    now += 1
    most = Math.max(most, now)
    // As a host that waits for what is new, so that others get their turn.
    await new Promise((resolve) => setImmediate(resolve))
    now -= 1
    const offset = range.offset > state.bytes.length ? 0 : range.offset
    const data = state.bytes.subarray(offset, offset + range.limit).toString('base64')
    return { ok: true, value: { offset, data, size: state.bytes.length, ended: state.ended } }
  }
  return { state, asked, read, most: () => most }
}

function screen(onWrite: (text: string) => void = () => undefined) {
  const shown = { text: '', cleared: 0 }
  return {
    shown,
    sink: {
      write: async (bytes: Uint8Array) => {
        const text = Buffer.from(bytes).toString()
        shown.text += text
        onWrite(text)
      },
      clear: () => {
        shown.text = ''
        shown.cleared += 1
      },
    },
  }
}

const open = (): Promise<void> => Promise.resolve()
const never = new AbortController().signal

test('a console is shown to its end, one request at a time', async () => {
  const console = file('x'.repeat(300_000), true)
  const { shown, sink } = screen()
  const states: FeedState[] = []
  await feedConsole(console.read, sink, open, (state) => states.push(state), never)
  expect(shown.text).toHaveLength(300_000)
  expect(console.most()).toBe(1)
  expect(states.at(-1)).toMatchObject({ from: 0, at: 300_000, size: 300_000, ended: true, failure: null })
})

test('of a long console the tail is shown, and it is said where it begins', async () => {
  const size = tailBytes + 1_000_000
  const console = file(`${'a'.repeat(1_000_000)}${'b'.repeat(tailBytes)}`, true)
  const { shown, sink } = screen()
  const states: FeedState[] = []
  await feedConsole(console.read, sink, open, (state) => states.push(state), never)
  expect(shown.text).toBe('b'.repeat(tailBytes))
  expect(states.at(-1)).toMatchObject({ from: 1_000_000, at: size })
})

test('nothing more is asked for while the reader pauses', async () => {
  const console = file('one')
  const stop = new AbortController()
  const { shown, sink } = screen()
  const held = Promise.withResolvers<void>()
  const told = Promise.withResolvers<void>()
  const gate = (): Promise<void> => {
    told.resolve()
    return held.promise
  }
  const fed = feedConsole(console.read, sink, gate, () => undefined, stop.signal)
  await told.promise
  console.state.bytes = Buffer.from('one two')
  const asked = console.asked.length
  await new Promise((resolve) => setImmediate(resolve))
  expect(console.asked).toHaveLength(asked)
  expect(shown.text).toBe('')
  console.state.ended = true
  held.resolve()
  await fed
  expect(shown.text).toBe('one two')
})

test('the next piece is asked for when the last is shown, not before', async () => {
  const console = file('x'.repeat(200_000), true)
  const inHand = new Set<string>()
  const read: ReadConsole = (range, signal) => {
    expect(inHand.size).toBe(0)
    return console.read(range, signal)
  }
  const sink = {
    clear: () => undefined,
    async write(bytes: Uint8Array) {
      inHand.add('piece')
      await new Promise((resolve) => setImmediate(resolve))
      inHand.delete('piece')
      expect(bytes.length).toBeGreaterThan(0)
    },
  }
  await feedConsole(read, sink, open, () => undefined, never)
})

test('a window that falls far behind goes on at the end', async () => {
  const console = file('start ')
  const { shown, sink } = screen((text) => {
    if (!text.includes('start')) return
    console.state.bytes = Buffer.concat([
      console.state.bytes,
      Buffer.alloc(behindBytes + tailBytes, 'f'),
      Buffer.from(' end'),
    ])
    console.state.ended = true
  })
  await feedConsole(console.read, sink, open, () => undefined, never)
  expect(shown.cleared).toBe(1)
  expect(shown.text).toHaveLength(tailBytes)
  expect(shown.text.endsWith(' end')).toBe(true)
})

test('a console that starts over is shown from its start', async () => {
  const console = file('a long first console')
  const { shown, sink } = screen((text) => {
    if (!text.includes('first')) return
    console.state.bytes = Buffer.from('second')
    console.state.ended = true
  })
  await feedConsole(console.read, sink, open, () => undefined, never)
  expect(shown).toEqual({ text: 'second', cleared: 1 })
})

test('a range is read whole, and no further than the file goes', async () => {
  const console = file('0123456789'.repeat(20_000))
  const pieces = await readRange(console.read, 5, 150_005, never)
  expect(Buffer.concat(pieces).toString()).toBe(console.state.bytes.subarray(5, 150_005).toString())
  expect(Buffer.concat(await readRange(console.read, 0, Number.MAX_SAFE_INTEGER, never))).toHaveLength(200_000)
})

test('a failure of the host is told and ends it', async () => {
  const states: FeedState[] = []
  const failure = { code: 'task-unknown', message: 'There is no such task' } as const
  await feedConsole(
    async () => ({ ok: false, failure }),
    screen().sink,
    open,
    (state) => states.push(state),
    never,
  )
  expect(states.at(-1)?.failure).toEqual(failure)
})
