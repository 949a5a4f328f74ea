import { once } from 'node:events'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Dials } from '../../main/fleet/dials.ts'
import { FrameReader, frameHead } from '../../main/fleet/frames.ts'
import { openLink } from '../../main/fleet/link.ts'
import { AfterPreamble, preamble } from '../../main/fleet/preamble.ts'
import { dialWindowBytes, limitsAtHome, type ToHome, toHomeSchema } from '../../main/fleet/protocol.ts'
import { sshArguments, sshEnvironment } from '../../main/fleet/ssh/ssh-command.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('frames come out as they went in, however the bytes are cut', () => {
  const frame = fc.record({
    channel: fc.integer({ min: 1, max: 65_535 }),
    payload: fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
  })
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 700 }), (frames, size) => {
      const all = Buffer.concat(frames.flatMap(({ channel, payload }) => [frameHead(channel, payload.length), payload]))
      const reader = new FrameReader(limitsAtHome)
      const read = []
      for (let at = 0; at < all.length; at += size) read.push(...reader.add(all.subarray(at, at + size)))
      expect(read.map(({ channel, payload }) => ({ channel, payload: Buffer.from(payload) }))).toEqual(frames)
    }),
  )
})

test('a link reads one message after the other, and none once it is over', async () => {
  const [readable, heard] = [new PassThrough(), [] as string[]]
  const link = openLink<ToHome, object>({
    ...{ readable, writable: new PassThrough(), incoming: toHomeSchema, limits: limitsAtHome, reads: 'while-heard' },
    onMessage: async ({ type }) => {
      heard.push(`${type} begins`)
      await new Promise((resolve) => setImmediate(resolve))
      heard.push(`${type} ends`)
      if (type === 'has') link.close('enough')
    },
    onBytes: () => undefined,
  })
  for (const message of [
    { type: 'dial', channel: 16 },
    { type: 'has', commits: [] },
    { type: 'end', channel: 16 },
  ]) {
    const payload = Buffer.from(JSON.stringify(message))
    readable.write(Buffer.concat([frameHead(0, payload.length), payload]))
  }
  expect(await link.over).toEqual({ why: 'enough', isBroken: false })
  expect(heard).toEqual(['dial begins', 'dial ends', 'has begins', 'has ends'])
})

test('home reads no more of one that does not read its answers, and goes on when that reads', async () => {
  const [readable, writable] = [new PassThrough(), new PassThrough()]
  let heard = 0
  const link = openLink<ToHome, object>({
    ...{ readable, writable, incoming: toHomeSchema, limits: limitsAtHome, reads: 'while-heard' },
    onMessage: () => {
      heard += 1
      link.send({ type: 'end', channel: 16 })
    },
    onBytes: () => undefined,
  })
  const payload = Buffer.from(JSON.stringify({ type: 'dial', channel: 16 }))
  const dial = Buffer.concat([frameHead(0, payload.length), payload])
  readable.write(Buffer.concat(Array(50_000).fill(dial)))
  const settled = async (): Promise<number> => {
    for (let turn = 0; turn < 1_000; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    return heard
  }
  const before = await settled()
  expect(before).toBeGreaterThan(0)
  expect(writable.writableLength).toBeLessThanOrEqual(2 * writable.writableHighWaterMark)
  expect(writable.listenerCount('drain')).toBeLessThanOrEqual(1)
  expect(before).toBeLessThan(50_000)
  writable.resume()
  await expect.poll(() => heard).toBe(50_000)
  link.close('enough')
})

test('many that write at once wait for room together', async () => {
  const writable = new PassThrough()
  const link = openLink<ToHome, object>({
    ...{ readable: new PassThrough(), writable, incoming: toHomeSchema, limits: limitsAtHome, reads: 'always' },
    onMessage: () => undefined,
    onBytes: () => undefined,
  })
  const written = Promise.all(Array.from({ length: 200 }, () => link.write(16, Buffer.alloc(60_000))))
  expect(writable.listenerCount('drain')).toBe(1)
  writable.resume()
  await written
  link.close('enough')
})

test('what a login shell prints before a keeper speaks is left out, and one that never speaks is none', async () => {
  const stream = new AfterPreamble()
  const said = text(stream)
  stream.write('Welcome to this machine!\n')
  stream.write(preamble.subarray(0, 5))
  stream.write(Buffer.concat([preamble.subarray(5), Buffer.from('the first ')]))
  stream.end('frame')
  expect(await said).toBe('the first frame')

  const noise = new AfterPreamble()
  noise.resume()
  noise.write(Buffer.alloc(100_000))
  await expect(once(noise, 'end')).rejects.toThrow('no keeper')
})

/** Both ends of a connection. */
async function pair(server: Server, path: string): Promise<readonly [Socket, Socket]> {
  const arrived = once(server, 'connection')
  const near = createConnection({ path, allowHalfOpen: true })
  const [far] = (await arrived) as [Socket]
  return [near, far]
}

test('a connection that is not read holds up no other, and has no more under way than its window', async () => {
  const path = join(await temporaryFolder(), 'socket')
  await using server = createServer({ allowHalfOpen: true }).listen(path)
  const written = new Map<number, number>()
  const dials = new Dials({
    write: async (channel, bytes) => void written.set(channel, (written.get(channel) ?? 0) + bytes.length),
    passed: () => undefined,
    end: () => undefined,
  })
  const [guestOfOne, one] = await pair(server, path)
  const [guestOfOther, other] = await pair(server, path)
  dials.add(16, one)
  dials.add(17, other)
  guestOfOne.write(Buffer.alloc(4 * dialWindowBytes))
  guestOfOther.write('hello')
  await expect.poll(() => written.get(17)).toBe(5)
  await expect.poll(() => one.isPaused()).toBe(true)
  expect(written.get(16)).toBeLessThan(2 * dialWindowBytes)
  while ((written.get(16) ?? 0) < 4 * dialWindowBytes) {
    dials.passed(16, written.get(16) ?? 0)
    await new Promise((resolve) => setImmediate(resolve))
  }

  // The other way about: who sends past the window is cut off.
  dials.take(17, Buffer.from('an answer'))
  expect(String((await once(guestOfOther, 'data'))[0])).toBe('an answer')
  guestOfOther.pause()
  const closed = once(other, 'close')
  for (let sent = 0; sent < 40 * dialWindowBytes && !other.destroyed; sent += dialWindowBytes)
    dials.take(17, Buffer.alloc(dialWindowBytes))
  await closed
  expect(dials.has(17)).toBe(false)
  dials.clear()
  for (const socket of [guestOfOne, guestOfOther]) socket.destroy()
})

test('words reach the program as they are, whatever shell the user has, and none of them is an option of ssh', async () => {
  const words = ['printf', '%s|', "it's", '$(touch x)', 'a b', '*', '-oProxyCommand=x', '']
  const args = sshArguments({ host: 'desk', options: ['Port=2222'] }, words)
  const host = args.indexOf('desk')
  expect(args.slice(host - 1)).toEqual(['--', 'desk', args.at(-1)])
  expect(args.slice(0, 5)).toEqual(['-T', '-o', 'Port=2222', '-o', 'BatchMode=yes'])
  const { stdout } = await run('sh', ['-c', args.at(-1) ?? ''])
  expect(stdout).toBe("it's|$(touch x)|a b|*|-oProxyCommand=x||")
})

test('ssh is given nothing of our environment that a setting could take along', () => {
  const env = { PATH: '/bin', SSH_AUTH_SOCK: '/agent', ANTHROPIC_API_KEY: 'sk-ant-x', LC_SECRET: 'x' }
  expect(sshEnvironment(env)).toEqual({ LANG: 'C', PATH: '/bin', SSH_AUTH_SOCK: '/agent' })
})
