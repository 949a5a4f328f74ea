import type { Task } from '../core/task/task.ts'
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
  void catalog.readRest((task) => void takeUpLate(task, parts)).then(() => lifetime.isOver || followers.look())
  waiting.open(follower) // Only now: machines that live have their slots, and of all that wait the first in order goes first.
}

/** A task that had not ended, though nothing but its own record says so. Never rejects. */
async function takeUpLate(task: Task, { unfinished, follower, waiting }: OrchestratorParts): Promise<void> {
  await unfinished.add(task.id, task.repoPath).catch(() => undefined) // Its record alone was enough to find it.
  await follower.takeUp(task)
  waiting.callNext()
}
