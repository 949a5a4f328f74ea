/**
 * `npm run fuzz`: every parser at the border, each with bytes that nearly are what it expects. FUZZ_SECONDS (default 120) is the
 * time of all together, FUZZ_SEED what the bytes come from, FUZZ_TARGET a part of a name. Exit status 1 when anything was found;
 * its bytes are then in test/output/fuzz.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fuzzTarget } from './fuzz-target.ts'
import { allTargets } from './targets/all.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const seconds = Number(process.env.FUZZ_SECONDS ?? 120)
const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const targets = allTargets.filter(({ name }) => name.includes(process.env.FUZZ_TARGET ?? ''))
const output = join(import.meta.dirname, '../output/fuzz')
await mkdir(output, { recursive: true })
say(`${targets.length} targets, ${seconds} s in all, FUZZ_SEED=${seed}`)

let cases = 0
let found = 0
for (const { name } of targets) {
  const caseFile = join(output, `${name.replace(/\W+/g, '-')}.bin`)
  const ms = (seconds * 1000) / targets.length
  const verdict = await fuzzTarget(name, { seed, runs: 2 ** 31 - 1, ms, caseFile })
  cases += verdict.cases
  if (verdict.kind === 'held') {
    say(`✓ ${name}: ${verdict.cases} cases, at most ${Math.round(verdict.peakBytes / 1024 ** 2)} MiB`)
    continue
  }
  found += 1
  if (verdict.input) await writeFile(caseFile, verdict.input)
  say(`✗ ${name}: after ${verdict.cases} cases: ${verdict.what}`)
  say(`  FUZZ_SEED=${seed} FUZZ_TARGET='${name}'; the bytes are in ${caseFile}`)
}
say(`${cases} cases, ${found} findings`)
process.exitCode = found === 0 ? 0 : 1
