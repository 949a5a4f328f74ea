import { expect, test } from 'vitest'
import {
  hasTextUnderWay,
  keptForLater,
  lostAtEnd,
  lostNote,
  type MessageState,
  sentAgain,
  type TaskMessage,
  withReceipts,
} from '../../../main/core/task/message.ts'

const sentAt = '2026-01-02T03:04:05.000Z'
const text = (id: string, state: MessageState): TaskMessage => ({
  ...{ id, kind: 'text', text: `Text ${id}`, when: 'next', sentAt, state },
})
const interrupt = (id: string, state: MessageState): TaskMessage => ({ id, kind: 'interrupt', sentAt, state })
const finish = (state: MessageState): TaskMessage => ({ id: 'f', kind: 'finish', sentAt, state })
const states = (messages: readonly TaskMessage[]) => messages.map(({ state }) => state)
const each = [text('a', 'queued'), text('b', 'delivered'), text('c', 'answered'), text('d', 'lost')]

test('a receipt takes a message further and never back, and names no message that was not sent', () => {
  const ids = ['a', 'b', 'c', 'd', 'unknown']
  expect(states(withReceipts(each, ids, 'delivered'))).toEqual(['delivered', 'delivered', 'answered', 'lost'])
  expect(states(withReceipts(each, ids, 'answered'))).toEqual(['answered', 'answered', 'answered', 'lost'])
  expect(withReceipts(each, ['unknown'], 'answered')).toEqual(each)
})

test('at the end what was not read is lost, and is sent again when the task is continued; an interrupt is not', () => {
  const all = [...each, interrupt('e', 'queued')]
  const lost = lostAtEnd(all)
  expect(states(lost)).toEqual(['lost', 'delivered', 'answered', 'lost', 'lost'])
  expect(states(sentAgain(lost))).toEqual(['queued', 'delivered', 'answered', 'queued', 'lost'])
})

test('while a task is parked what was said waits for its next machine, and an interrupt does not', () => {
  expect(states(keptForLater([text('a', 'queued'), interrupt('b', 'queued'), interrupt('c', 'answered')]))).toEqual([
    ...['queued', 'lost', 'answered'],
  ])
})

test('a text is under way until it is read, and nothing else is', () => {
  expect(hasTextUnderWay([])).toBe(false)
  expect(hasTextUnderWay([interrupt('a', 'queued'), finish('queued'), text('b', 'delivered')])).toBe(false)
  expect(hasTextUnderWay([text('a', 'queued'), interrupt('b', 'answered')])).toBe(true)
})

test('that a task was to finish has come true at its end', () => {
  expect(states(lostAtEnd([finish('queued')]))).toEqual(['answered'])
  expect(states(sentAgain(lostAtEnd([finish('queued')])))).toEqual(['answered'])
})

test('a person is told of texts that were lost, and of nothing else', () => {
  expect(lostNote([text('a', 'answered'), interrupt('b', 'lost')])).toBeNull()
  expect(lostNote([text('a', 'lost')])).toMatch(/^A message was not read .* has its agent read it/)
  expect(lostNote([text('a', 'lost'), text('b', 'lost')])).toMatch(/^2 messages were not read .* read them/)
})
