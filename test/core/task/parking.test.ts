import { expect, test } from 'vitest'
import {
  type Interruption,
  parkingOf,
  sessionOf,
  totalUsage,
  usageSoFar,
  withoutOriginal,
} from '../../../main/core/task/parking.ts'
import type { AgentUsage, Fork, Parking } from '../../../main/core/task/task.ts'

const now = Date.parse('2026-01-02T03:04:05.000Z')
const minutes = (count: number): number => count * 60_000
const usage: AgentUsage = { costUsd: 1, inputTokens: 100, outputTokens: 20, turns: 3, sessionId: 'a' }
const waitOf = (interruption: Interruption, earlier: readonly Parking[] = [], used: AgentUsage | null = usage) => {
  const parking = parkingOf(interruption, used, earlier, now)
  return parking && Date.parse(parking.until) - now
}
/** One after the other, each parked as the last one says, until it is given up. */
const waitsInARow = (interruption: Interruption): number[] => {
  const earlier: Parking[] = []
  for (;;) {
    const parking = parkingOf(interruption, usage, earlier, now)
    if (!parking) return earlier.map(({ until }) => Date.parse(until) - now)
    earlier.push(parking)
  }
}

test('a limit that tells its reset is waited for and some seconds more, whatever a guest says of it', () => {
  const limit = (resetsAt: number): Interruption => ({ kind: 'usage-limit', resetsAt })
  expect(waitOf(limit(now + minutes(90)))).toBe(minutes(90) + 15_000)
  expect(waitOf(limit(now - minutes(90)))).toBe(15_000)
  expect(waitOf(limit(Number.MAX_SAFE_INTEGER))).toBe(8 * 24 * minutes(60))
  expect(parkingOf(limit(now), usage, [], now)?.reason.code).toBe('usage-limit')
})

test('a limit that does not is waited for longer each time, and fifty times at the most', () => {
  const waits = waitsInARow({ kind: 'usage-limit', resetsAt: null })
  expect(waits.slice(0, 6)).toEqual([5, 15, 30, 60, 60, 60].map(minutes))
  expect(waits).toHaveLength(50)
})

test('an API that is away is given six more chances, one that never answered none', () => {
  expect(waitsInARow({ kind: 'api-unavailable' })).toEqual([1, 2, 5, 10, 30, 60].map(minutes))
  expect(waitOf({ kind: 'api-unavailable' }, [], null)).toBeNull()
  expect(waitOf({ kind: 'api-unavailable' }, [], { ...usage, outputTokens: 0 })).toBeNull()
  const limit = parkingOf({ kind: 'usage-limit', resetsAt: null }, usage, [], now)
  expect(waitOf({ kind: 'api-unavailable' }, limit ? [limit] : [])).toBe(minutes(1))
})

test('cost counts on through a session, tokens and turns add up', () => {
  const later = { costUsd: 1.5, inputTokens: 10, outputTokens: 5, turns: 2, sessionId: 'a' }
  expect(totalUsage(usage, later)).toEqual({
    costUsd: 1.5,
    inputTokens: 110,
    outputTokens: 25,
    turns: 5,
    sessionId: 'a',
  })
  expect(totalUsage(usage, { ...later, sessionId: 'b' })).toMatchObject({ costUsd: 2.5, sessionId: 'b' })
  expect(totalUsage(usage, null)).toEqual(usage)
  expect(totalUsage(null, null)).toBeNull()
})

const parkedWith = (sessionId: string | null, costUsd: number): Parking => ({
  ...{ reason: { code: 'usage-limit', message: 'm' }, until: '2026-01-02T03:04:05.000Z' },
  usage: { ...usage, sessionId, costUsd },
})
const endedWith = (sessionId: string | null, costUsd: number) => ({
  ...{ success: true, summary: '', filesChanged: [], error: null, usage: { ...usage, sessionId, costUsd } },
})
const fork = { copy: 'copy', costUsd: 3 } as Fork

test('what a fork took is told without what the session had cost that it copied, and no other session is made cheaper', () => {
  const of = (sessionId: string, costUsd: number) => withoutOriginal({ ...usage, sessionId, costUsd }, fork)?.costUsd
  expect([of('copy', 5), of('copy', 2), of('other', 5)]).toEqual([2, 0, 5])
  expect(withoutOriginal(usage, undefined)).toBe(usage)
  expect(withoutOriginal(null, fork)).toBeNull()
})

test("a session's own cost is what Claude Code counts in it: without sessions before it, and with what a fork copied", () => {
  expect(sessionOf({ result: null, parkings: [] })).toBeNull()
  expect(sessionOf({ result: endedWith(null, 1), parkings: [] })).toBeNull()
  expect(sessionOf({ result: endedWith('a', 1), parkings: [] })).toEqual({ id: 'a', costUsd: 1 })
  expect(sessionOf({ result: endedWith('a', 4), parkings: [parkedWith('a', 1)] })).toEqual({ id: 'a', costUsd: 4 })
  const lost = [parkedWith('a', 1), parkedWith('b', 3)]
  expect(sessionOf({ result: endedWith('b', 4), parkings: lost })).toEqual({ id: 'b', costUsd: 3 })
  expect(sessionOf({ result: null, parkings: lost })).toEqual({ id: 'b', costUsd: 2 })
  expect(sessionOf({ result: endedWith('copy', 2), parkings: [], fork })).toEqual({ id: 'copy', costUsd: 5 })
  expect(sessionOf({ result: endedWith('b', 2), parkings: [], fork })).toEqual({ id: 'b', costUsd: 2 })
})

test('what a task took so far is what its result says, else what it had when it was parked last', () => {
  expect(usageSoFar({ result: null, parkings: [] })).toBeNull()
  expect(usageSoFar({ result: null, parkings: [parkedWith('a', 1), parkedWith('a', 2)] })?.costUsd).toBe(2)
  expect(usageSoFar({ result: endedWith('a', 3), parkings: [parkedWith('a', 2)] })?.costUsd).toBe(3)
})
