import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UsageMeter } from '../../../main/tasks/run/usage-meter.ts'

const message = (id: string, output: number, input = 0) =>
  JSON.stringify({
    type: 'assistant',
    message: {
      id,
      usage: { input_tokens: input, cache_read_input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: output },
    },
  })

test('each message counts once, with the most it was told to take, however the bytes are cut', () => {
  const messages = fc.array(fc.record({ id: fc.constantFrom('a', 'b', 'c'), tokens: fc.nat(1000) }), { maxLength: 20 })
  fc.assert(
    fc.property(messages, fc.array(fc.nat(200)), (list, cuts) => {
      const bytes = Buffer.from(list.map(({ id, tokens }) => `${message(id, tokens)}\n`).join(''))
      const meter = new UsageMeter()
      let start = 0
      for (const cut of cuts) {
        meter.add(bytes.subarray(start, start + cut))
        start += cut
      }
      meter.add(bytes.subarray(start))
      const most = new Map<string, number>()
      for (const { id, tokens } of list) most.set(id, Math.max(tokens, most.get(id) ?? 0))
      expect(meter.tokens).toBe([...most.values()].reduce((sum, tokens) => sum + tokens, 0))
    }),
  )
})

test('lines that are no messages, no JSON, hostile or too long are passed over, and the next one counts', () => {
  const meter = new UsageMeter()
  const lines = [
    'no JSON "assistant"',
    '{"type":"assistant"}',
    '{"type":"assistant","message":{"id":7,"usage":{}}}',
    '{"type":"assistant","message":{"id":"n","usage":{"input_tokens":-5,"output_tokens":1e999,"cache_read_input_tokens":"x","cache_creation_input_tokens":null}}}',
    `{"type":"assistant","x":"${'x'.repeat(3 * 1024 ** 2)}"}`,
    message('a', 2, 40),
  ]
  const bytes = Buffer.from(`${lines.join('\n')}\n`)
  for (let at = 0; at < bytes.length; at += 65_536) meter.add(bytes.subarray(at, at + 65_536))
  expect(meter.tokens).toBe(42)
})
