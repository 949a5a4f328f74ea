import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { RestoreLine, restoreWords } from '../../../../main/machines/qemu/template/restore-line.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

const never = new AbortController().signal

async function line(onGuest: (guest: Socket) => void): Promise<RestoreLine> {
  const path = join(await temporaryFolder(), 'restore.sock')
  const server = createServer(onGuest)
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return await RestoreLine.open(path, never)
}

test('a word is heard in parts, among others, and also when it was said before', async () => {
  using heard = await line((guest) => {
    guest.write(`${'noise '.repeat(1000)}\nwai`)
    setImmediate(() => guest.write('ting\nrestored\n'))
  })
  await heard.hear('waiting', never)
  await heard.hear('restored', never)
})

test('a guest that ends, and a wait that is given up, are errors', async () => {
  using ends = await line((guest) => guest.end('unwaiting\n'))
  await expect(ends.hear('waiting', never)).rejects.toThrow("before it said 'waiting'")
  using silent = await line(() => undefined)
  await expect(silent.hear('waiting', AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
})

test('each machine is told bytes of its own, and nothing that is no word', () => {
  const cards = [{ mac: '02:4d:56:00:00:01', kernelParameter: 'microvm.eth0=10.0.2.15/24' }]
  const own = { shares: [1, 2], volumes: [1], network: { cards } }
  const [first, second] = [restoreWords(own, 1_500), restoreWords(own, 1_500)]
  expect(first.filter((word) => !word.startsWith('seed='))).toEqual([
    ...['now=1.500', 'shares=2', 'disks=2', 'card=02:4d:56:00:00:01', 'microvm.eth0=10.0.2.15/24'],
  ])
  const seeds = [first, second].map((words) => words.find((word) => /^seed=[0-9a-f]{128}$/.test(word)))
  expect(seeds[0]).toBeDefined()
  expect(seeds[0]).not.toBe(seeds[1])
})
