import { expect, test } from 'vitest'
import { stepLine } from '../../../main/window/steps/step-line.ts'
import { StepLog } from '../../../main/window/steps/step-log.ts'

const use = (id: string, name: string, input: object) => ({ type: 'tool_use', id, name, input })
const line = (type: 'assistant' | 'user', ...content: object[]) => JSON.stringify({ type, message: { content } })

test('a card shows the last steps, one line each, with what became of them', () => {
  const log = new StepLog()
  log.add(line('assistant', { type: 'text', text: 'First.' }))
  log.add(line('assistant', { type: 'text', text: '\n  I begin with\u0007 the sender.\nThen its tests.' }))
  log.add(line('assistant', use('1', 'Read', { file_path: 'src/sender.ts' })))
  log.add(line('user', { type: 'tool_result', tool_use_id: '1', content: 'text' }))
  log.add(line('assistant', use('2', 'Bash', { command: `npm test ${'x'.repeat(400)}` })))
  log.add(line('user', { type: 'tool_result', tool_use_id: '2', content: 'failed', is_error: true }))
  log.add(line('assistant', use('3', 'Edit', { file_path: 'src/\u202esender.ts' })))
  const shown = log.last(4).map(stepLine)
  expect(shown).toEqual([
    { tool: null, text: expect.stringMatching(/I begin with.* the sender\.$/), state: 'done' },
    { tool: 'Read', text: 'src/sender.ts', state: 'done' },
    { tool: 'Bash', text: expect.stringMatching(/^npm test x+$/), state: 'failed' },
    { tool: 'Edit', text: expect.not.stringContaining('\u202e'), state: 'running' },
  ])
  expect(shown[2]?.text).toHaveLength(160)
})

test('an end without words is one all the same', () => {
  const log = new StepLog()
  log.add(JSON.stringify({ type: 'result', subtype: 'success', result: '', total_cost_usd: 1, num_turns: 1 }))
  log.add(JSON.stringify({ type: 'result', subtype: 'error', is_error: true, result: 'No.', num_turns: 1 }))
  expect(log.last(4).map(stepLine)).toEqual([
    { tool: null, text: 'Done', state: 'done' },
    { tool: null, text: 'No.', state: 'failed' },
  ])
})
