/**
 * Hostile clones for `npm run fuzz`: FUZZ_CLONES of them (default 2,000), from FUZZ_SEED on. Exit status 1 when a promise was broken;
 * the seeds are then named, and `FUZZ_SEED=SEED FUZZ_CLONES=1 node test/fuzz/clones/run.ts` makes that clone again.
 */
import buildWorker from '../../support/build-worker.ts'
import { tryClones } from './try-clones.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const count = Number(process.env.FUZZ_CLONES ?? 2_000)
const first = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
const seeds = Array.from({ length: count }, (_, at) => (first + at) % 2 ** 31)
say(`${count} hostile clones, FUZZ_SEED=${first}`)
await buildWorker()
const { outcomes, findings, memory } = await tryClones(seeds, {
  onProgress: (done) =>
    done % 100 === 0 && say(`  ${done} of ${count}, ${Math.round(process.memoryUsage.rss() / 1024 ** 2)} MiB`),
  onFinding: ({ seed, harms, broken }) => say(`✗ FUZZ_SEED=${seed}: ${harms.join('; ')}: ${broken.join('; ')}`),
})
for (const [outcome, times] of Object.entries(outcomes).sort(([, a], [, b]) => b - a)) say(`  ${times} × ${outcome}`)
say(`memory of the orchestrator's process: ${memory.early} MiB early, at most ${memory.most} MiB later`)
say(`${count} clones, ${findings.length} findings`)
process.exitCode = findings.length === 0 ? 0 : 1
