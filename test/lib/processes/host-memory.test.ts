import { expect, test } from 'vitest'
import { macBudgetMiB } from '../../../main/lib/processes/host-memory.ts'

test.each([
  [8, 1],
  [16, 3],
  [32, 6],
  [64, 12],
])('a Mac of %i GiB has memory for %i guests of 4 GiB', (gib, guests) => {
  expect(Math.floor(macBudgetMiB(gib * 1024) / 4096)).toBe(guests)
})
