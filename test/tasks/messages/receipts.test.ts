import { expect, test } from 'vitest'
import { Receipts } from '../../../main/tasks/messages/receipts.ts'

const lifecycle = (id: string, state: string): string =>
  JSON.stringify({ type: 'command_lifecycle', command_uuid: id, state, uuid: 'x', session_id: 'y' })

const receipts = (...lines: readonly string[]) => {
  const read = new Receipts((id) => id === 'a' || id === 'b')
  const stream = Buffer.from(`${lines.join('\n')}\n`)
  for (let at = 0; at < stream.length; at += 7) read.add(stream.subarray(at, at + 7))
  return { delivered: [...read.delivered], answered: [...read.answered] }
}

test('what Claude Code says of messages is read, however the stream is cut', () => {
  expect(receipts(lifecycle('a', 'queued'))).toEqual({ delivered: [], answered: [] })
  expect(receipts(lifecycle('a', 'queued'), lifecycle('a', 'started'))).toEqual({ delivered: ['a'], answered: [] })
  expect(receipts(lifecycle('a', 'started'), lifecycle('a', 'completed'), lifecycle('b', 'started'))).toEqual({
    ...{ delivered: ['a', 'b'], answered: ['a'] },
  })
  const control = { type: 'control_response', response: { subtype: 'success', request_id: 'b', response: {} } }
  expect(receipts(JSON.stringify(control))).toEqual({ delivered: [], answered: ['b'] })
})

test('a turn that was interrupted does not answer, and what else a guest says changes nothing', () => {
  const nothing = { delivered: [], answered: [] }
  expect(receipts(lifecycle('a', 'cancelled'), lifecycle('a', 'discarded'))).toEqual(nothing)
  expect(receipts(lifecycle('unknown', 'started'), lifecycle('__proto__', 'completed'))).toEqual(nothing)
  expect(
    receipts('{"type":"command_lifecycle","command_uuid":"a"', '"command_lifecycle"', '["command_lifecycle"]'),
  ).toEqual(nothing)
  expect(receipts('{"type":"command_lifecycle","command_uuid":7,"state":"started"}')).toEqual(nothing)
  expect(receipts(`${'['.repeat(5000)}"command_uuid":"a"`)).toEqual(nothing)
  const said = { type: 'assistant', message: { content: [{ type: 'text', text: lifecycle('a', 'started') }] } }
  expect(receipts(JSON.stringify(said))).toEqual(nothing)
  const long = { ...JSON.parse(lifecycle('a', 'started')), more: 'x'.repeat(20_000) }
  expect(receipts(JSON.stringify(long), lifecycle('b', 'started'))).toEqual({ delivered: ['b'], answered: [] })
})

test('a flood of receipts for messages that were never sent is kept nowhere', () => {
  const flood = Array.from({ length: 20_000 }, (_, index) => lifecycle(`id-${index}`, 'started'))
  const read = new Receipts(() => false)
  read.add(Buffer.from(`${flood.join('\n')}\n`))
  expect(read.delivered.size + read.answered.size).toBe(0)
})
