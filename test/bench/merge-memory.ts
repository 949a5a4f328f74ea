/**
 * `npx node test/bench/merge-memory.ts [COMMITS...]`: what the worker and its git processes hold as their own at most while work of so
 * many commits is merged onto a branch that has moved. Prints one line for each count.
 */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mergeMemory } from '../support/git/merge-memory.ts'

const counts = process.argv.slice(2).map(Number)
const folder = await realpath(await mkdtemp(join(tmpdir(), 'mvm-merge-memory-')))
try {
  for (const count of counts.length > 0 ? counts : [100, 1_000, 10_000]) {
    const { peakBytes, seconds } = await mergeMemory(join(folder, `${count}`), count)
    process.stdout.write(`${count} commits: ${Math.round(peakBytes / 1e6)} MB at most, ${seconds.toFixed(1)} s\n`)
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
