import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary.ts'
import { fuzzTarget } from './fuzz-target.ts'
import { allTargets } from './targets/all.ts'
import { planted } from './targets/planted.ts'

/** A few of the cases of `npm run fuzz`, the same each time. */
const cases = { seed: 1, runs: 150, ms: 2 ** 31 - 1 }

test.for(allTargets.map(({ name }) => name))(
  '%s: nothing is broken, crashes, hangs or fills the memory',
  async (name) => {
    const verdict = await fuzzTarget(name, { ...cases, caseFile: join(await temporaryFolder(), 'case') })
    expect(verdict).toEqual({ kind: 'held', cases: cases.runs, peakBytes: expect.any(Number) })
  },
)

test.for(planted.map(({ target, ...expected }) => [target.name, expected] as const))(
  'a parser that %s is found',
  async ([name, { found, ...limits }]) => {
    const options = { ...cases, ...limits, caseFile: join(await temporaryFolder(), 'case') }
    expect(await fuzzTarget(name, options)).toMatchObject({ kind: 'found', what: expect.stringMatching(found) })
  },
)
