import { expect, test } from 'vitest'
import { allHarms } from './clones/harms.ts'
import { tryClones } from './clones/try-clones.ts'

/** Some of the clones of `npm run fuzz`, the same each time. */
const seeds = Array.from({ length: 24 }, (_, at) => 1_000 + at)

test('hostile clones come to an outcome each, and touch neither the host nor what the user has', async () => {
  const { clones, outcomes, findings } = await tryClones(seeds)
  expect(findings).toEqual([])
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(clones)
  expect(outcomes.merged).toBeGreaterThan(0)
})

test('there are so many kinds of harm that most clones are like no other', () => {
  expect(allHarms.length).toBeGreaterThan(50)
})
