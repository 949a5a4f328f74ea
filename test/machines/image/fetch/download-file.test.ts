import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { downloadFile } from '../../../../main/machines/image/fetch/download-file.ts'
import { sha256Of } from '../../../../main/machines/image/fetch/image-index.ts'
import { temporaryFolder } from '../../../support/temporary.ts'
import { cutAfter, type Habit, sound, startOddServer, status, withoutRanges } from './odd-server.ts'

const content = Buffer.from(Array.from({ length: 2_000_000 }, (_, index) => (index * 7919) % 251))
const other = Buffer.from(content).fill(7, 0, 600_000)
const quick = { pauseMs: 1, stallMs: 20_000 }

/** Said by one word: the difference of two large buffers takes minutes to print. */
const holds = async (path: string, expected: Buffer): Promise<boolean> => (await readFile(path)).equals(expected)

/** A file that is expected to be `content`, from a server with these habits. */
async function scene(...habits: readonly Habit[]) {
  const server = await startOddServer({ file: content }, ...habits)
  const path = join(await temporaryFolder(), 'file')
  const wanted = { path, bytes: content.length, sha256: sha256Of(content) }
  const fetchIt = (url = `${server.url}/file`, options = quick, signal?: AbortSignal) =>
    downloadFile({ ...wanted, url }, options, signal)
  return { server, path, fetchIt, left: () => readdir(dirname(path)) }
}

test('a file comes whole from a sound server, and its bytes are told as they come', async () => {
  const { fetchIt, path, server } = await scene(sound)
  const told: number[] = []
  await fetchIt(undefined, { ...quick, ...{ onBytes: (bytes: number) => told.push(bytes) } })
  expect(await holds(path, content)).toBe(true)
  expect(told.at(-1)).toBe(content.length)
  expect(server.asked).toEqual(['all'])
})

test('a connection that is cut again and again is gone on with where it was', async () => {
  const { fetchIt, path, server } = await scene(cutAfter(500_000), cutAfter(600_000), status(503), cutAfter(0), sound)
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
  const starts = server.asked.map((range) => Number(/\d+/.exec(range)?.[0] ?? 0))
  expect(starts).toEqual([...starts].sort((one, two) => one - two))
  expect(starts.at(-1)).toBeGreaterThan(0)
})

test('what an earlier run left is gone on with', async () => {
  const { fetchIt, path, server } = await scene(sound)
  await writeFile(path, content.subarray(0, 123_456))
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
  expect(server.asked).toEqual(['bytes=123456-'])
})

test('what is there whole is not asked for', async () => {
  const { fetchIt, path, server } = await scene(sound)
  await writeFile(path, content)
  await fetchIt()
  expect(server.asked).toEqual([])
})

test('a server without ranges sends it all again, and nothing is there twice', async () => {
  const { fetchIt, path } = await scene(cutAfter(700_000), withoutRanges)
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
})

test.for<[string, Buffer]>([
  ['of the same length, so that only the checksum tells', other.subarray(0, 800_000)],
  ['that is whole and wrong', other],
  ['that is longer than the file', Buffer.concat([content, content])],
])('what was left is of another file %s: it is fetched from its beginning', async ([, left]) => {
  const { fetchIt, path, server } = await scene(sound)
  await writeFile(path, left)
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
  expect(server.asked.at(-1)).toBe('all')
})

test('the file changes between two parts: it is fetched once more from its beginning', async () => {
  const { fetchIt, path, server } = await scene((response, _, from) => cutAfter(900_000)(response, other, from), sound)
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
  expect(server.asked).toEqual(['all', expect.stringMatching(/^bytes=/), 'all'])
})

test('it changes to another length between two parts, and back: it is fetched from its beginning', async () => {
  const shorter = content.subarray(0, 1500_000)
  const { fetchIt, path } = await scene(cutAfter(500_000), (response, _, from) => sound(response, shorter, from), sound)
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
})

test.for<[string, Habit]>([
  [
    'the answer to a range begins elsewhere',
    (response, whole, from) => sound(response, whole, from > 0 ? from - 10 : 0),
  ],
  ['the server has no such byte', (response, whole, from) => (from > 0 ? status(416) : sound)(response, whole, from)],
  [
    'the answer says nothing of its place',
    (response, whole, from) =>
      from > 0 ? void response.writeHead(206).end(whole.subarray(from)) : sound(response, whole, from),
  ],
])('%s: it is fetched from its beginning', async ([, habit]) => {
  const { fetchIt, path, server } = await scene(cutAfter(500_000), habit)
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
  expect(server.asked.at(-1)).toBe('all')
})

test.for<[string, Habit, RegExp]>([
  ['another checksum', (response, _, from) => sound(response, other, from), /its checksum is another one/],
  ['another length', (response) => sound(response, content.subarray(1), 0), /1999999 bytes in place of 2000000/],
  [
    'no end',
    (response) => void response.writeHead(200).end(Buffer.concat([content, content])),
    /longer than 2000000 bytes/,
  ],
])('a file with %s is refused, and nothing of it is left', async ([, habit, why]) => {
  const { fetchIt, left } = await scene(habit)
  await expect(fetchIt()).rejects.toMatchObject({ code: 'image-failed', message: expect.stringMatching(why) })
  expect(await left()).toEqual([])
})

test('a server that cuts every answer and always has the wrong file is given up, too', async () => {
  const { fetchIt, left } = await scene((response, _, from) => cutAfter(1_200_000)(response, other, from))
  await expect(fetchIt()).rejects.toMatchObject({ code: 'image-failed' })
  expect(await left()).toEqual([])
})

test('a file that is not given is an error at once, and keeps what has come', async () => {
  const { fetchIt, path, server } = await scene(cutAfter(500_000), status(403))
  await expect(fetchIt()).rejects.toMatchObject({ code: 'image-failed', message: expect.stringContaining('403') })
  expect(server.asked).toHaveLength(2)
  expect((await readFile(path)).equals(content.subarray(0, (await readFile(path)).length))).toBe(true)
})

test('a server that never sends a byte is asked some times, and keeps what has come', async () => {
  const { fetchIt, path, server } = await scene(cutAfter(0))
  await writeFile(path, content.subarray(0, 5_000))
  await expect(fetchIt()).rejects.toMatchObject({ code: 'image-failed', hint: expect.stringContaining('guestImage') })
  expect(server.asked.length).toBeGreaterThan(3)
  expect(await holds(path, content.subarray(0, 5_000))).toBe(true)
})

test('a server that falls silent is asked again', async () => {
  const silent: Habit = (response, whole) => {
    response.writeHead(200, { 'content-length': whole.length })
    response.write(whole.subarray(0, 400_000))
  }
  const { fetchIt, path } = await scene(silent, sound)
  await fetchIt(undefined, { pauseMs: 1, stallMs: 300 })
  expect(await holds(path, content)).toBe(true)
})

test('a redirection is followed, with the range', async () => {
  const { fetchIt, path, server } = await scene(cutAfter(500_000), sound)
  await fetchIt(server.url.replace('/files', '/moved/file'))
  expect(await holds(path, content)).toBe(true)
  expect(server.asked.at(-1)).toMatch(/^bytes=/)
})

test('a redirection that leads to itself, and a port where no one listens, end in words', async () => {
  const { fetchIt, server } = await scene(sound)
  for (const url of [server.url.replace('/files', '/round/file'), 'http://127.0.0.1:9/file']) {
    await expect(fetchIt(url)).rejects.toMatchObject({ code: 'image-failed', message: expect.stringContaining(url) })
  }
})

test('a signal stops it, and what has come is gone on with', async () => {
  const stop = new AbortController()
  const halts: Habit = (response, whole) => {
    response.writeHead(200, { 'content-length': whole.length })
    response.write(whole.subarray(0, 400_000), () => setImmediate(() => stop.abort(new Error('enough'))))
  }
  const { fetchIt, path } = await scene(halts, sound)
  await expect(fetchIt(undefined, quick, stop.signal)).rejects.toThrow('enough')
  await fetchIt()
  expect(await holds(path, content)).toBe(true)
})
