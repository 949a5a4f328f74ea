import { expect, test } from 'vitest'
import { traceEvents } from './trace-events.ts'

test('the parts of a task follow on each other, on the line of the side that works', () => {
  const parts = new Map([
    ['clone', 10],
    ['nix develop', 20.5],
    ['merge', 5],
  ])
  const { traceEvents: all } = traceEvents({ startedAt: 1000, wallMs: 35.5, parts })
  const shown = all.filter(({ ph }) => ph === 'X')
  expect(shown.map(({ name, tid, ts, dur }) => [name, tid, ts, dur])).toEqual([
    ['task', 0, 1_000_000, 35_500],
    ['clone', 1, 1_000_000, 10_000],
    ['nix develop', 2, 1_010_000, 20_500],
    ['merge', 1, 1_030_500, 5_000],
  ])
  expect(all.filter(({ ph }) => ph === 'M').map(({ args }) => args?.name)).toEqual(['task', 'host', 'guest'])
})
