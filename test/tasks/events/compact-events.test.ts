import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLog } from '../../../main/lib/log.ts'
import { openEventLog } from '../../../main/tasks/events/event-log.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const anEnd = (number: number, owner: string | null = null) => ({
  type: 'completed' as const,
  taskId: taskId((0xb0000000 + number).toString(16)),
  repo: 'project',
  owner,
  result: null,
  mergeResult: null,
  error: null,
})

test('a restart drops old ends that every consumer has heard, and none that somebody has not; numbers and cursors stay', async () => {
  const directory = await temporaryFolder()
  const open = () => openEventLog({ directory, log: silentLog, keep: 3 })
  const first = await open()
  await first.append(anEnd(1, 'client:gone')) // Its owner never came: it is still to be told.
  const quick = await first.join('client:quick', { durable: true })
  const slow = await first.join('client:slow', { durable: true })
  for (let number = 2; number <= 9; number++) await first.append(anEnd(number))
  for (let count = 0; count < 9; count++) await quick.take({})?.acknowledge()
  for (let count = 0; count < 3; count++) await slow.take({})?.acknowledge()
  await first.append(anEnd(10, 'client:gone'))
  await first[Symbol.asyncDispose]()

  const second = await open()
  expect(second.read(0).map(({ seq }) => seq)).toEqual([5, 6, 7, 8, 9, 10]) // The slow one has heard up to 4.
  const slowAgain = await second.join('client:slow', { durable: true })
  const heard: number[] = []
  for (let next = slowAgain.take({}); next; next = slowAgain.take({})) {
    heard.push(next.event.seq)
    await next.acknowledge()
  }
  expect(heard).toEqual([5, 6, 7, 8, 9, 10])
  const quickAgain = await second.join('client:quick', { durable: true })
  while (quickAgain.take({})) await quickAgain.take({})?.acknowledge()
  expect(await second.append(anEnd(11))).toMatchObject({ seq: 11 })
  await slowAgain.take({})?.acknowledge()
  await quickAgain.take({})?.acknowledge()
  await second[Symbol.asyncDispose]()

  await using third = await open()
  expect(third.read(0).length).toBeLessThan(11)
  expect(
    third
      .read(0)
      .slice(-3)
      .map(({ seq }) => seq),
  ).toEqual([9, 10, 11])
  expect(third.head).toBe(11)
  const lines = (await readFile(join(directory, 'events.jsonl'), 'utf8')).trimEnd().split('\n')
  expect(lines).toHaveLength(third.read(0).length)
})
