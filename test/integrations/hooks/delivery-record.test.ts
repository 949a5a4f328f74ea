import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Hook } from '../../../main/core/hook.ts'
import {
  type DeliveryRecord,
  delivered,
  failed,
  firstRecord,
  gone,
  isDue,
  retryMs,
  takeUp,
} from '../../../main/integrations/hooks/delivery-record.ts'
import { loggedEnd } from '../../support/logged-events.ts'

const start = new Date('2026-11-01T00:00:00.000Z')
const hook: Hook = {
  name: 'desk',
  on: ['merged', 'failed'],
  repositories: null,
  added: start.toISOString(),
  target: { kind: 'command', command: 'true' },
}
const later = (ms: number): Date => new Date(start.getTime() + ms)
const merged = (seq: number, at = later(seq)) => loggedEnd({ seq, at: at.toISOString() })

test('a hook is told of what it was added for, from then on', () => {
  const events = [
    merged(1, later(-1)),
    merged(2),
    loggedEnd({ seq: 3, mergeResult: null }),
    loggedEnd({ seq: 4, type: 'failed', mergeResult: null, error: 'It broke' }),
    loggedEnd({ seq: 5, repo: 'other' }),
  ]
  const open = (changes: Partial<Hook>) => {
    const mine = { ...hook, ...changes }
    return takeUp(mine, firstRecord(mine), events, later(9)).open.map(({ seq }) => seq)
  }
  expect(open({})).toEqual([2, 4, 5])
  expect(open({ on: ['unchanged'] })).toEqual([3])
  expect(open({ repositories: ['other'] })).toEqual([5])
  expect(open({ added: later(4).toISOString() })).toEqual([4, 5])
})

test('an event that fails is tried for 28 hours, each time later, and then given up with its last reason', () => {
  let record = takeUp(hook, firstRecord(hook), [merged(7)], start)
  let now = start
  for (const pause of retryMs) {
    record = failed(record, 7, { reason: 'It answered 500' }, now)
    expect(record.open).toMatchObject([{ seq: 7, next: new Date(now.getTime() + pause).toISOString() }])
    expect(isDue(record.open[0] as never, new Date(now.getTime() + pause - 1))).toBe(false)
    now = new Date(now.getTime() + pause)
    expect(isDue(record.open[0] as never, now)).toBe(true)
  }
  record = failed(record, 7, { reason: 'It answered 503' }, now)
  expect(record).toMatchObject({ open: [], lost: [{ seq: 7, reason: 'It answered 503' }] })
  expect(Math.round((now.getTime() - start.getTime()) / 3_600_000)).toBe(28)
})

test('a receiver that asks for patience is given it', () => {
  const record = takeUp(hook, firstRecord(hook), [merged(1)], start)
  const patient = failed(record, 1, { reason: 'It answered 429', notBeforeMs: 3_600_000 }, start)
  expect(patient.open).toMatchObject([{ next: later(3_600_000).toISOString() }])
  const hasty = failed(record, 1, { reason: 'It answered 429', notBeforeMs: 1 }, start)
  expect(hasty.open).toMatchObject([{ next: later(retryMs[0] ?? 0).toISOString() }])
})

test('one that is gone is told nothing more, and what was left is named', () => {
  const record = gone(takeUp(hook, firstRecord(hook), [merged(1), merged(2)], start), 'It answered 410', start)
  expect(record).toMatchObject({ open: [], lost: [{ seq: 1 }, { seq: 2 }], gone: 'It answered 410' })
  expect(takeUp(hook, record, [merged(3)], start)).toBe(record)
})

test('whatever the order of ends and failures, each event is told, given up, or still to be told, and never twice at once', () => {
  const act = fc.record({ kind: fc.constantFrom('event', 'done', 'failed'), which: fc.nat(600) })
  fc.assert(
    fc.property(fc.array(act, { maxLength: 1_200 }), (acts) => {
      let record: DeliveryRecord = firstRecord(hook)
      const events: ReturnType<typeof merged>[] = []
      const done: number[] = []
      for (const { kind, which } of acts) {
        if (kind === 'event') events.push(merged(events.length + 1))
        record = takeUp(hook, record, events.slice(record.cursor), start)
        const chosen = record.open[which % Math.max(1, record.open.length)]
        if (chosen === undefined || kind === 'event') continue
        if (kind === 'done') done.push(chosen.seq)
        record = kind === 'done' ? delivered(record, chosen.seq) : failed(record, chosen.seq, { reason: 'no' }, start)
      }
      const open = record.open.map(({ seq }) => seq)
      expect(new Set([...open, ...done]).size).toBe(open.length + done.length)
      expect(open.length).toBeLessThanOrEqual(500)
      const lost = record.lost.map(({ seq }) => seq)
      for (let seq = 1; seq <= record.cursor; seq += 1) {
        if (!open.includes(seq) && !done.includes(seq) && record.lost.length < 20) expect(lost).toContain(seq)
      }
    }),
  )
})
