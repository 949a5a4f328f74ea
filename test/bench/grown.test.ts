import { expect, test } from 'vitest'
import { grown } from './grown.ts'
import type { Row } from './measure.ts'
import { type Recorded, type Run, resultOf } from './report.ts'

const row = (what: string, ours: number, theirs: number | null, unit: Row['unit'] = 'ms') =>
  resultOf({
    what,
    unit,
    ours: [ours],
    against: theirs === null ? null : { what: 'floor', values: [theirs] },
    goal: null,
  })
const recorded = (...rows: ReturnType<typeof row>[]): readonly Recorded[] => [{ bench: 'all', run: {} as Run, rows }]

test('a ratio that grew by more than a third is named, whatever the figures themselves did', () => {
  const before = recorded(
    row('clone', 100, 100),
    row('merge', 50, 100),
    row('calls', 3000, 3000, 'calls/s'),
    row('memory', 5, null),
  )
  expect(grown(before, [row('clone', 266, 200), row('merge', 10, 20), row('calls', 800, 1000, 'calls/s')])).toEqual([])
  expect(
    grown(before, [
      row('clone', 68, 50),
      row('calls', 700, 1000, 'calls/s'),
      row('memory', 500, null),
      row('new', 9, 1),
    ]),
  ).toEqual([
    { what: 'clone', before: 1, now: 1.36 },
    { what: 'calls', before: 1, now: 0.7 },
  ])
})
