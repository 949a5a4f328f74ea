import { expect, test } from 'vitest'
import { StepLog } from '../../../main/window/steps/step-log.ts'

const said = (text: string) => JSON.stringify({ type: 'assistant', message: { content: [{ type: 'text', text }] } })
const tool = (id: string, name: string, input: object) =>
  JSON.stringify({ type: 'assistant', message: { content: [{ type: 'tool_use', id, name, input }] } })
const result = (id: string, content: unknown, is_error = false) =>
  JSON.stringify({
    type: 'user',
    message: { content: [{ type: 'tool_result', tool_use_id: id, content, is_error }] },
  })

function logOf(...lines: readonly string[]): StepLog {
  const log = new StepLog()
  for (const line of lines) log.add(line)
  return log
}

test('a stream becomes what Claude said, ran and came to', () => {
  const log = logOf(
    JSON.stringify({ type: 'system', subtype: 'init' }),
    said('I will look.'),
    tool('t1', 'Bash', { command: 'npm test', description: 'Run the tests' }),
    result('t1', [{ type: 'text', text: '3 passed' }]),
    tool('t2', 'Edit', { file_path: '/workspace/repo/a.ts', old_string: 'x' }),
    result('t2', 'String not found', true),
    JSON.stringify({
      type: 'result',
      subtype: 'success',
      is_error: false,
      result: 'Done.',
      total_cost_usd: 0.25,
      num_turns: 3,
      session_id: 's',
      usage: { input_tokens: 1, cache_read_input_tokens: 10, output_tokens: 5 },
    }),
  )
  expect(log.since(0)).toEqual({
    from: 0,
    steps: [
      { kind: 'said', at: null, text: 'I will look.' },
      { kind: 'tool', at: null, tool: 'Bash', subject: 'npm test', output: '3 passed', failed: false },
      {
        kind: 'tool',
        at: null,
        tool: 'Edit',
        subject: '/workspace/repo/a.ts',
        output: 'String not found',
        failed: true,
      },
      {
        kind: 'ended',
        at: null,
        success: true,
        text: 'Done.',
        usage: { costUsd: 0.25, inputTokens: 11, outputTokens: 5, turns: 3, sessionId: 's' },
      },
    ],
  })
})

test('what Claude thinks is a step of its own, and what an agent does that it started names its tool', () => {
  const inner = (line: string, id: string) => JSON.stringify({ ...JSON.parse(line), parent_tool_use_id: id })
  const thinks = JSON.stringify({
    type: 'assistant',
    message: { content: [{ type: 'thinking', thinking: 'Two ways.', signature: 'x' }] },
  })
  const log = logOf(
    thinks,
    tool('t1', 'Task', { description: 'Look around' }),
    inner(tool('t2', 'Read', { file_path: 'a' }), 't1'),
    inner(result('t2', 'text'), 't1'),
    result('t1', 'Seen.'),
    inner(said('Later.'), 't1'),
    inner(said('Of nobody.'), 'unknown'),
  )
  expect(log.since(0).steps).toMatchObject([
    { kind: 'thought', text: 'Two ways.' },
    { kind: 'tool', tool: 'Task', output: 'Seen.' },
    { kind: 'tool', tool: 'Read', output: 'text', within: 1 },
    { kind: 'said', text: 'Later.', within: 1 },
    { kind: 'said', text: 'Of nobody.' },
  ])
  expect(log.since(0).steps.map(({ within }) => within)).toEqual([undefined, undefined, 1, 1, undefined])
  // A card has what is done, not what is thought.
  expect(logOf(said('One.'), thinks).last(1)).toMatchObject([{ kind: 'said' }])
})

test('whoever knows the steps up to a number is told again the tool that was running then', () => {
  const log = logOf(said('One.'), tool('t1', 'Bash', { command: 'sleep 1' }), tool('t2', 'Read', { file_path: 'b' }))
  const known = log.changes
  expect(log.since(known)).toEqual({ from: 3, steps: [] })
  log.add(result('t1', 'slept'))
  expect(log.since(known)).toMatchObject({ from: 1, steps: [{ output: 'slept' }, { tool: 'Read', output: null }] })
  expect(log.since(log.changes)).toEqual({ from: 3, steps: [] })
  expect(log.since(10_000)).toMatchObject({ from: 0 }) // Numbers of a stream that started over.
})

test('whatever the guest writes, texts are plain, cut, and of a bounded sum', () => {
  const log = logOf(
    'no json',
    '{"type":"assistant"}',
    JSON.stringify({ type: 'assistant', message: { content: [{ type: 'tool_use', id: 7 }, { type: 'new' }, null] } }),
    result('never-asked', 'x'),
    said('\u001b[31mred\u202e\u0007 alert'),
    tool('t1', 'Ba\nsh', { command: 'a\nb\u001b]0;title\u0007' }),
    result('t1', 'x'.repeat(100_000)),
  )
  expect(log.since(0).steps).toMatchObject([
    { text: 'red⟪U+202E⟫ alert' },
    { tool: 'Ba sh', subject: 'a b', output: expect.stringMatching(/^x{3999}…$/) },
  ])
  for (let at = 0; at < 20_000; at++) log.add(said(`${at} ${'y'.repeat(9_000)}`))
  const { steps } = log.since(0)
  expect(steps).toHaveLength(5_001)
  expect(steps.at(-1)).toMatchObject({ text: 'There is more in claude-stream.jsonl.' })
  expect(JSON.stringify(steps).length).toBeLessThan(6 * 1024 ** 2)
})
