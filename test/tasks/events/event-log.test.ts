import { appendFile, mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import type { Consumer } from '../../../main/tasks/events/event-consumers.ts'
import { type EventLog, openEventLog } from '../../../main/tasks/events/event-log.ts'
import type { EndEvent } from '../../../main/tasks/events/logged-event.ts'
import { recordingLog } from '../../support/recording-log.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const never = new AbortController().signal
let lastTask = 0xb0000000

const anEnd = (changes: Partial<EndEvent> = {}): EndEvent => ({
  type: 'completed',
  taskId: taskId((lastTask++).toString(16)),
  repo: 'project',
  owner: null,
  result: { success: true, summary: 'Done: “naïve”\n', files_changed: [], error: null },
  mergeResult: null,
  error: null,
  ...changes,
})

const open = (directory: string): Promise<EventLog> => openEventLog({ directory, log: silentLog })

/** Takes and acknowledges whatever waits. */
async function hear(consumer: Consumer): Promise<number[]> {
  const heard: number[] = []
  for (;;) {
    const delivery = consumer.take({})
    if (!delivery) return heard
    heard.push(delivery.event.seq)
    await delivery.acknowledge()
  }
}

test('events are on disk and numbered from 1 when append resolves, and are there after a restart', async () => {
  const directory = await temporaryFolder()
  const log = await open(directory)
  expect(log.head).toBe(0)
  const event = anEnd({ owner: 'client:a' })
  const first = await log.append(event)
  expect(first).toMatchObject({ seq: 1, ...event })
  expect(JSON.parse(await readFile(join(directory, 'events.jsonl'), 'utf8'))).toEqual(first)
  await log.append(anEnd())
  await log[Symbol.asyncDispose]()

  await using again = await open(directory)
  expect(again.head).toBe(2)
  expect(again.read(0)[0]).toEqual(first)
  expect(await again.endOf({ id: event.taskId, former: null })).toEqual(first)
  expect(await again.append(anEnd())).toMatchObject({ seq: 3 })
})

test('appends that run at the same time are each stored once, in the order of their numbers', async () => {
  const directory = await temporaryFolder()
  await using log = await open(directory)
  const consumer = await log.join('client:a', { durable: true })
  const appended = await Promise.all(Array.from({ length: 50 }, () => log.append(anEnd())))
  expect(new Set(appended.map(({ seq }) => seq)).size).toBe(50)
  expect(log.read(0).map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
  expect(await hear(consumer)).toHaveLength(50)
})

test('a last line that was torn at any byte is dropped, and the log goes on after the line before it', async () => {
  const directory = await temporaryFolder()
  const path = join(directory, 'events.jsonl')
  const log = await open(directory)
  await log.append(anEnd())
  const { size: whole } = await stat(path)
  await log.append(anEnd())
  await log[Symbol.asyncDispose]()
  const bytes = await readFile(path)

  for (let length = whole; length < bytes.length; length++) {
    await writeFile(path, bytes)
    await truncate(path, length)
    const torn = await open(directory)
    expect(torn.head).toBe(1)
    await torn.append(anEnd())
    expect(torn.head).toBe(2)
    await torn[Symbol.asyncDispose]()
    await using reread = await open(directory)
    expect(reread.read(0)).toHaveLength(2)
  }
})

test.for([
  ['no JSON', () => '{"seq": 2, "type":'],
  ['JSON that is no event', () => '{"seq": 2, "type": "completed"}'],
  ['a number that came before', (lines: string[]) => lines[0] ?? ''],
] as const)(
  'a damaged line in the middle (%s) is set aside with a message, and the others are kept',
  async ([, damage]) => {
    const directory = await temporaryFolder()
    const path = join(directory, 'events.jsonl')
    const log = await open(directory)
    for (let count = 0; count < 3; count++) await log.append(anEnd())
    await log[Symbol.asyncDispose]()
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    const damaged = damage(lines)
    await writeFile(path, `${[lines[0], damaged, lines[2]].join('\n')}\n`)

    const messages = recordingLog()
    const repaired = await openEventLog({ directory, log: messages.log })
    expect(repaired.read(0).map(({ seq }) => seq)).toEqual([1, 3])
    expect(await readFile(`${path}.damaged`, 'utf8')).toBe(`${damaged}\n`)
    expect(messages.lines).toEqual([
      expect.objectContaining({ level: 'error', fields: expect.objectContaining({ lines: 1 }) }),
    ])
    await repaired[Symbol.asyncDispose]()

    const quiet = recordingLog()
    await using third = await openEventLog({ directory, log: quiet.log })
    expect(third.read(0)).toHaveLength(2)
    expect(quiet.lines).toEqual([])
  },
)

test('the number of a damaged last line is never given to another event', async () => {
  const directory = await temporaryFolder()
  const log = await open(directory)
  await log.append(anEnd())
  await log[Symbol.asyncDispose]()
  await appendFile(join(directory, 'events.jsonl'), 'garbage\n')
  const repaired = await open(directory)
  await repaired.join('client:a', { durable: true })
  await repaired[Symbol.asyncDispose]()
  await using again = await open(directory)
  expect((await again.append(anEnd())).seq).toBe(3)
})

test('every consumer hears of every end once', async () => {
  await using log = await open(await temporaryFolder())
  const a = await log.join('client:a', { durable: true })
  const b = await log.join('session:b', { durable: false })
  await log.append(anEnd())
  await log.append(anEnd())
  expect(await hear(a)).toEqual([1, 2])
  expect(await hear(b)).toEqual([1, 2])
  expect(await hear(a)).toEqual([])
})

test('an end that was not acknowledged is delivered again, and the cursor has not moved', async () => {
  const directory = await temporaryFolder()
  const log = await open(directory)
  const consumer = await log.join('client:a', { durable: true })
  await log.append(anEnd())
  const delivery = consumer.take({})
  expect(delivery?.event.seq).toBe(1)
  delivery?.release()
  expect(consumer.take({})?.event.seq).toBe(1)
  await log[Symbol.asyncDispose]()

  await using again = await open(directory)
  expect(await hear(await again.join('client:a', { durable: true }))).toEqual([1])
})

test('a durable consumer goes on after a restart where it was; a new one starts at the head', async () => {
  const directory = await temporaryFolder()
  const log = await open(directory)
  const consumer = await log.join('client:a', { durable: true })
  await log.append(anEnd())
  await log.append(anEnd())
  await consumer.take({})?.acknowledge()
  await log[Symbol.asyncDispose]()

  await using again = await open(directory)
  await again.append(anEnd())
  expect(await hear(await again.join('client:a', { durable: true }))).toEqual([2, 3])
  expect(await hear(await again.join('client:b', { durable: true }))).toEqual([])
})

test('two calls of one consumer get different ends, and acknowledging them out of order loses none', async () => {
  const directory = await temporaryFolder()
  const log = await open(directory)
  const consumer = await log.join('client:a', { durable: true })
  await log.append(anEnd())
  await log.append(anEnd())
  const first = consumer.take({})
  const second = consumer.take({})
  expect([first?.event.seq, second?.event.seq]).toEqual([1, 2])
  expect(consumer.take({})).toBeUndefined()
  await second?.acknowledge()
  await log[Symbol.asyncDispose]()

  await using again = await open(directory)
  expect(await hear(await again.join('client:a', { durable: true }))).toContain(1)
})

test('a hundred waiters of as many consumers all wake for one end', async () => {
  await using log = await open(await temporaryFolder())
  const consumers = await Promise.all(
    Array.from({ length: 100 }, (_, index) => log.join(`session:${index}`, { durable: false })),
  )
  const waiting = consumers.map((consumer) => consumer.next({}, never))
  await log.append(anEnd())
  const delivered = await Promise.all(waiting)
  expect(delivered.map(({ event }) => event.seq)).toEqual(Array(100).fill(1))
})

test('a waiter wakes when another call gives an end back', async () => {
  await using log = await open(await temporaryFolder())
  const consumer = await log.join('client:a', { durable: true })
  await log.append(anEnd())
  const delivery = consumer.take({})
  const waiting = consumer.next({}, never)
  delivery?.release()
  expect((await waiting).event.seq).toBe(1)
})

test('a waiter whose signal fires rejects with its reason and consumes nothing', async () => {
  await using log = await open(await temporaryFolder())
  const consumer = await log.join('client:a', { durable: true })
  const stop = new AbortController()
  const waiting = consumer.next({}, stop.signal)
  stop.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  await log.append(anEnd())
  expect(await hear(consumer)).toEqual([1])
})

test('`after` replays what was heard, and says how many follow', async () => {
  await using log = await open(await temporaryFolder())
  const consumer = await log.join('client:a', { durable: true })
  for (let count = 0; count < 3; count++) await log.append(anEnd())
  expect(await hear(consumer)).toEqual([1, 2, 3])
  expect(consumer.take({ after: 1 })).toMatchObject({ event: { seq: 2 }, pending: 1 })
  expect(consumer.take({ after: 3 })).toBeUndefined()
})

test('a new consumer hears of ends whose owner is gone and never heard of them, once among all new ones', async () => {
  const directory = await temporaryFolder()
  const log = await open(directory)
  const owner = await log.join('session:owner', { durable: false })
  await log.append(anEnd({ owner: 'session:owner' }))
  expect(await hear(owner)).toEqual([1])
  await log.append(anEnd({ owner: 'session:owner' }))
  await log.append(anEnd({ owner: null }))
  const meanwhile = await log.join('session:meanwhile', { durable: false })
  expect(await hear(meanwhile)).toEqual([]) // The owner is still there.
  await log[Symbol.asyncDispose]()

  // The restart is the end of every session.
  await using again = await open(directory)
  const heir = await again.join('session:heir', { durable: false })
  expect(await hear(heir)).toEqual([2])
  expect(await hear(await again.join('session:late', { durable: false }))).toEqual([])
})

test('what an heir has heard is not told again after another restart', async () => {
  const directory = await temporaryFolder()
  const log = await open(directory)
  await log.append(anEnd({ owner: 'session:gone' }))
  expect(await hear(await log.join('session:heir', { durable: false }))).toEqual([1])
  await log[Symbol.asyncDispose]()
  await using again = await open(directory)
  expect(await hear(await again.join('session:next', { durable: false }))).toEqual([])
})

test.for(['leaves', 'is away'])('a waiting heir wakes when the owner %s', async (how) => {
  await using log = await open(await temporaryFolder())
  const owner = await log.join('session:owner', { durable: false })
  await log.append(anEnd({ owner: 'session:owner' }))
  const heir = await log.join('session:heir', { durable: false })
  const waiting = heir.next({}, never)
  if (how === 'leaves') owner.leave()
  else owner.setPresent(false)
  expect((await waiting).event.seq).toBe(1)
})

test('the ends of a durable consumer wait for it, whoever comes meanwhile', async () => {
  await using log = await open(await temporaryFolder())
  const owner = await log.join('client:owner', { durable: true })
  await log.append(anEnd({ owner: 'client:owner' }))
  owner.setPresent(false)
  expect(await hear(await log.join('session:other', { durable: false }))).toEqual([])
  expect(await hear(owner)).toEqual([1])
})

test('damaged cursors are set aside with a message, and nothing unheard is lost', async () => {
  const directory = await temporaryFolder()
  const path = join(directory, 'cursors.json')
  const log = await open(directory)
  await log.join('client:a', { durable: true })
  await log.append(anEnd({ owner: 'client:a' }))
  await log[Symbol.asyncDispose]()
  await writeFile(path, '{"schemaVersion": 1, "consumers"')

  const messages = recordingLog()
  await using again = await openEventLog({ directory, log: messages.log })
  expect(messages.lines).toHaveLength(1)
  expect(await readFile(`${path}.damaged`, 'utf8')).toContain('consumers')
  expect(await hear(await again.join('client:a', { durable: true }))).toEqual([1])
})

test.for(['events.jsonl', 'cursors.json'])(
  'a home where %s cannot be used is told as such, with its path',
  async (name) => {
    const directory = await temporaryFolder()
    await mkdir(join(directory, name))
    await expect(open(directory)).rejects.toMatchObject({
      code: 'home-unusable',
      message: expect.stringContaining(join(directory, name)),
    })
  },
)

test('a link in place of the log is not followed', async () => {
  const directory = await temporaryFolder()
  await symlink(join(directory, 'elsewhere'), join(directory, 'events.jsonl'))
  await expect(open(directory)).rejects.toMatchObject({ code: 'home-unusable' })
})
