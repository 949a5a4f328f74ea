import { expect, test } from 'vitest'
import type { Row } from './measure.ts'
import { resultOf, resultsPage, tableOf } from './report.ts'

const counted: Row = {
  ...{ what: 'tasks lost', unit: 'tasks', ours: [0], against: null },
  goal: { kind: 'limit', atMost: 0 },
}
const run = {
  ...{ at: '2026-01-01T00:00:00.000Z', quick: false, command: 'npm run bench', version: 'abc', missing: [] },
  host: { processor: 'x', cores: 2, load: [1, 1, 1], node: 'v24' },
}

test('what is counted is told as a whole number, and none is within a limit of none', () => {
  expect(tableOf([resultOf(counted)])).toMatch(/\| 0 tasks \(0\.\.0, n=1\) .*\| <= 0 tasks \| yes/)
  expect(tableOf([resultOf({ ...counted, ours: [1] })])).toMatch(/\| 1 tasks .*\| no/)
})

test('the page shows the picture of a row that has one, and of no other', () => {
  const rows = [counted, { ...counted, what: 'memory', picture: 'soak.svg' }].map(resultOf)
  expect(resultsPage(rows, run).match(/!\[.*\]\(.*\)/g)).toEqual(['![memory](soak.svg)'])
})
