import { expect, test } from 'vitest'
import type { Row } from './measure.ts'
import { mergeRecords, type Recorded, type Run, resultOf, resultsPage, tableOf } from './report.ts'

const counted: Row = {
  ...{ what: 'tasks lost', unit: 'tasks', ours: [0], against: null },
  goal: { kind: 'limit', atMost: 0 },
}
const run: Run = {
  ...{ at: '2026-01-01T00:00:00.000Z', quick: false, command: 'npm run bench', version: 'abc' },
  host: { processor: 'x', cores: 2, load: [1, 1, 1], node: 'v24' },
}
const later: Run = { ...run, at: '2026-01-02T00:00:00.000Z', version: 'def' }
const recorded = (bench: string, of: Run, ...rows: Row[]): Recorded => ({ bench, run: of, rows: rows.map(resultOf) })

test('what is counted is told as a whole number, and none is within a limit of none', () => {
  expect(tableOf([resultOf(counted)])).toMatch(/\| 0 tasks \(0\.\.0, n=1\) .*\| <= 0 tasks \| yes/)
  expect(tableOf([resultOf({ ...counted, ours: [1] })])).toMatch(/\| 1 tasks .*\| no/)
})

test('the page shows the picture of a row that has one, and of no other', () => {
  const records = [recorded('soak', run, counted, { ...counted, what: 'memory', picture: 'soak.svg' })]
  expect(resultsPage(records, []).match(/!\[.*\]\(.*\)/g)).toEqual(['![memory](soak.svg)'])
})

test('a benchmark that was measured again takes the place of what was recorded of it, and each row names its run', () => {
  const older = [recorded('gone', run, counted), recorded('soak', run, counted), recorded('idle', run, counted)]
  const records = mergeRecords(['idle', 'soak', 'task'], older, [recorded('soak', later, { ...counted, ours: [7] })])
  expect(records.map(({ bench, run: { version } }) => [bench, version])).toEqual([
    ['idle', 'abc'],
    ['soak', 'def'],
  ])
  const page = resultsPage(records, ['task'])
  expect(page).toMatch(
    /\| rows \| idle \|\n\| measured \| 2026-01-01[\s\S]*\| rows \| soak \|\n\| measured \| 2026-01-02/,
  )
  expect(page).toContain('Not measured: task.')
})
