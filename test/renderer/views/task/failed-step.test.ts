import { expect, test } from 'vitest'
import type { Step } from '../../../../preload/task-details.ts'
import { failedStep } from '../../../../renderer/views/task/failure/failed-step.ts'

const said: Step = { kind: 'said', at: null, text: 'I look at it.' }
const tool = (subject: string, output: string | null, failed = false): Step => ({
  ...{ kind: 'tool', at: null, tool: 'Bash' },
  ...{ subject, output, failed },
})
const end: Step = {
  ...{ kind: 'ended', at: null, success: false, text: '' },
  usage: { costUsd: 1, inputTokens: 1, outputTokens: 1, turns: 1, sessionId: null },
}

test.each<readonly [string, readonly Step[], unknown]>([
  ['no step is none', [end], null],
  [
    'what was running at the end comes before what failed',
    [tool('npm test', 'no', true), tool('sleep', null), end],
    { step: tool('sleep', null), wasRunning: true, stepsAfter: 0 },
  ],
  [
    'of two that failed it is the last one',
    [tool('one', 'no', true), tool('two', 'no', true), said, tool('three', 'yes'), end],
    { step: tool('two', 'no', true), wasRunning: false, stepsAfter: 2 },
  ],
  [
    'where none failed it is what the agent did last',
    [tool('one', 'yes'), said, end],
    { step: said, wasRunning: false, stepsAfter: 0 },
  ],
])('%s', (_title, steps, expected) => {
  expect(failedStep(steps)).toEqual(expected)
})
