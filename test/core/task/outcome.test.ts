import { expect, test } from 'vitest'
import { costLimitFailure, type Ending, failureOf, outcomeOf, withModelHint } from '../../../main/core/task/outcome.ts'

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

const failed = { code: 'agent-failed', message: 'API Error: 404 no such model: opus-9' } as const

test.each([
  ['the model that was asked for', failed, 'opus-9', true],
  [
    "Claude Code's own words for it",
    { ...failed, message: 'There is an issue with the selected model (opus-9)' },
    'opus-9',
    true,
  ],
  ['another model', failed, 'sonnet', false],
  ['no model', failed, undefined, false],
  ['another answer', { ...failed, message: 'opus-9 is overloaded: 529' }, 'opus-9', false],
  ['another failure', { ...failed, code: 'guest-failed' } as const, 'opus-9', false],
] as const)('a failure that names %s says whose choice it was, or not', (_what, failure, model, isTold) => {
  const hint = withModelHint(failure, model)?.hint
  if (isTold) expect(hint).toMatch(/asked for the model opus-9/)
  else expect(hint).toBeUndefined()
})

const spent = (costUsd: number) => ({
  ...{ ...good, success: false },
  usage: { costUsd, inputTokens: 1, outputTokens: 1, turns: 1, sessionId: null },
})

test('a failure at or above the limit on cost is that limit, and no other is', () => {
  expect(costLimitFailure(2, spent(2))).toMatchObject({
    code: 'cost-limit',
    message: expect.stringMatching(/\$2\.00$/),
  })
  expect(costLimitFailure(2, spent(1.99))).toBeNull()
  expect(costLimitFailure(null, spent(9))).toBeNull()
  expect(costLimitFailure(2, { ...spent(9), success: true })).toBeNull()
  expect(costLimitFailure(2, { ...good, success: false })).toBeNull()
})
