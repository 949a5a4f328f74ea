import { expect, test } from 'vitest'
import { rosettaRuns } from '../../../main/machines/vfkit/rosetta.ts'

test.each([
  ['6.12.60', 13, true],
  ['6.12.60', 15, true],
  ['6.13.0', 15, false],
  ['6.18.2', 15, false],
  ['7.0', 15, false],
  ['6.18.2', 26, true],
  ['5.15.1', 14, true],
  [undefined, 14, true],
])('a guest with kernel %s under macOS %i gets Rosetta: %s', (kernel, macos, runs) => {
  expect(rosettaRuns(kernel, macos)).toBe(runs)
})
