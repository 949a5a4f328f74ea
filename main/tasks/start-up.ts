import type { OrchestratorOptions, OrchestratorParts } from './assembly.ts'
import { repairCheckouts } from './finish/repair-checkouts.ts'
import { takeStock } from './upkeep/take-stock.ts'

/** Reads what is on record and takes up what an earlier start left unfinished. Resolves when new tasks can be taken. */
export async function startUp(options: OrchestratorOptions, parts: OrchestratorParts): Promise<void> {
  const { catalog, unfinished, follower, followers, plans, host, lifetime, deletions, waiting, prepared } = parts
  const tasks = await takeStock(options, catalog, unfinished)
  for (const task of tasks) await follower.takeUp(task)
  await plans.cancelPartial()
  followers.look()
  host.lookAhead()
  const repositories = (await options.repositories.list()).map(({ path }) => path)
  const used = [...repositories, ...tasks.map(({ repoPath }) => repoPath)]
  void repairCheckouts(used, options.log, lifetime.detach) // It may wait for the lock of a process that died; merges wait for it.
  void deletions.retry()
  prepared.start()
  waiting.open(follower) // Only now: machines that live have their slots, and of all that wait the first in order goes first.
}
