import pMap from 'p-map'
import { repairPublications } from '../../git/publish/repair-publications.ts'
import { locateRepository } from '../../git/repository/inspect-repository.ts'
import type { Log } from '../../lib/log.ts'

/**
 * Finishes or takes back moves of checkouts that a crash cut off. Never rejects: a repository that cannot be repaired, or is gone, is
 * logged, stops nothing else, and each merge in it tries once more.
 */
export async function repairCheckouts(repoPaths: readonly string[], log?: Log, signal?: AbortSignal): Promise<void> {
  await pMap(
    new Set(repoPaths),
    async (repoPath) => {
      try {
        const { commonDirectory } = await locateRepository(repoPath, signal)
        await repairPublications(commonDirectory, signal)
      } catch (error) {
        if (signal?.aborted) return
        log?.warn('a checkout that may be moved half could not be looked at', { repoPath, reason: String(error) })
      }
    },
    { concurrency: 4 },
  )
}
