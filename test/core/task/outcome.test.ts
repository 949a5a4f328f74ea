import { expect, test } from 'vitest'
import { type Ending, failureOf, outcomeOf } from '../../../main/core/task/outcome.ts'

const good = { success: true, summary: '', filesChanged: [], error: null, usage: null }
const ending = (change: Partial<Ending>): Ending => ({
  exit: { kind: 'powered-off' },
  stopReason: null,
  result: good,
  ...change,
})

test.each<[string, Ending, string | null]>([
  ['a guest that powered off with a good result succeeded', ending({}), null],
  [
    'a stop of ours gives the reason, whatever the guest wrote',
    ending({ stopReason: { code: 'timed-out', message: 't' } }),
    'timed-out',
  ],
  ['a kernel panic is a failure of the guest', ending({ exit: { kind: 'panicked', detail: 'p' } }), 'guest-failed'],
  [
    'a machine that crashed after a good result has not succeeded',
    ending({ exit: { kind: 'crashed', exitCode: null, signal: 'SIGKILL', detail: 'killed' } }),
    'guest-failed',
  ],
  ['no result is a failure', ending({ result: { code: 'result-missing', message: 'm' } }), 'result-missing'],
  [
    "the agent's own failure is the task's",
    ending({ result: { ...good, success: false, error: '401' } }),
    'agent-failed',
  ],
])('%s', (_title, given, code) => {
  expect(failureOf(given)?.code ?? null).toBe(code)
})

test('a cancelled task is cancelled, not failed', () => {
  expect(outcomeOf({ code: 'cancelled', message: 'c' }, null)).toEqual({ kind: 'cancelled' })
})
