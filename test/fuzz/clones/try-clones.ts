import pMap from 'p-map'
import { makeTemplate, tryClone } from './try-clone.ts'

/** A clone with which a promise was broken; its seed makes it again. */
export interface Finding {
  readonly seed: number
  readonly harms: readonly string[]
  readonly broken: readonly string[]
}

export interface ClonesReport {
  readonly clones: number
  /** How many ended so. */
  readonly outcomes: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
  /** Resident memory of this process, in MiB: when the first tenth was over, and the most after that. */
  readonly memory: { readonly early: number; readonly most: number }
}

/** Hostile clones of these seeds, one after the other through the real worker, from a process that stands for the orchestrator. */
export async function tryClones(
  seeds: readonly number[],
  {
    atOnce = 2,
    onProgress,
    onFinding,
  }: {
    readonly atOnce?: number
    readonly onProgress?: (done: number) => void
    readonly onFinding?: (finding: Finding) => void
  } = {},
): Promise<ClonesReport> {
  await using template = await makeTemplate()
  const outcomes: Record<string, number> = {}
  const findings: Finding[] = []
  let [done, early, most] = [0, 0, 0]
  await pMap(
    seeds,
    async (seed) => {
      const { outcome, broken, harms } = await tryClone(seed, template)
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (broken.length > 0) {
        findings.push({ seed, harms, broken })
        onFinding?.({ seed, harms, broken })
      }
      done += 1
      const resident = Math.round(process.memoryUsage.rss() / 1024 ** 2)
      if (done * 10 <= seeds.length) early = Math.max(early, resident)
      else most = Math.max(most, resident)
      onProgress?.(done)
    },
    { concurrency: atOnce },
  )
  return { clones: done, outcomes, findings, memory: { early, most } }
}
