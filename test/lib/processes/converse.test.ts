import { expect, test } from 'vitest'
import { converse } from '../../../main/lib/processes/converse.ts'
import { OutputTooLarge } from '../../../main/lib/processes/output-too-large.ts'

/** Prints for as long as it lives: only its end ends it. */
const flood = [
  '-c',
  'while :; do printf "%s\\n" "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"; done',
]

test.each([
  ['a line', 'nextLine', ['-c', 'while :; do printf yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done']],
  ['a read', 'read', flood],
] as const)('%s beyond the limit is an error, and the child is gone', async (_what, kind, args) => {
  await using talk = await converse('sh', args, { answerLimitBytes: 100_000 })
  await expect(kind === 'read' ? talk.read(100_001) : talk.nextLine()).rejects.toThrow(OutputTooLarge)
  expect((await talk.end()).exitCode).toBe(null)
})

test('answers that nobody asked for yet wait in the pipe, however many they are', async () => {
  await using talk = await converse('seq', ['1', '300000'], { answerLimitBytes: 1_000 })
  let last: string | undefined
  for (let line = await talk.nextLine(); line !== undefined; line = await talk.nextLine()) last = line
  expect(last).toBe('300000')
})

test('a conversation that is left in the middle of an answer ends', async () => {
  const talk = await converse('sh', flood, { answerLimitBytes: 1_000 })
  expect(await talk.nextLine()).toMatch(/^y+$/)
  await talk[Symbol.asyncDispose]()
})
