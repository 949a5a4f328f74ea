import { AppError } from '../../core/failure.ts'
import { startOver } from '../../core/task/start-over.ts'
import type { Task } from '../../core/task/task.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { RegisteredRepository } from '../contract.ts'
import { wholeWork } from '../record/brought-work.ts'
import { filesOf } from '../record/task-files.ts'
import type { RunnerContext } from '../run/task-run.ts'
import type { Provisions } from '../slots/provisions.ts'
import { requireSpace } from './disk-space.ts'
import type { HostCheck } from './host-check.ts'

/** What says whether an agent can go on where another one ended. Read at each use: settings may change. */
export interface GoingOnRules extends Pick<RunnerContext, 'home' | 'limits'> {
  readonly repositories: { list(): Promise<readonly RegisteredRepository[]> }
  readonly provisions: (repoPath: string) => Promise<Provisions>
}

/**
 * Whether an agent can go on where that of a task ended: its clone is there, its repository registered, and the host ready for it.
 * @throws AppError that says what is missing, 'task-ended' where the clone is gone.
 */
export async function requireGoesOn(
  task: Task,
  rules: GoingOnRules,
  host: HostCheck,
): Promise<RegisteredRepository & { readonly startCommit: string }> {
  const { id, repoPath, startCommit, work, place } = task
  const { workFolder } = filesOf(task)
  if (startCommit === null || !(place ? await hasAllOf(task) : await pathExists(filesOf(task).repo))) {
    throw new AppError('task-ended', `Task ${id} has no clone to go on in`, {
      hint: `${startOver(task)}${work?.ref == null ? '' : `; run_task with base ${id} builds on what waits at its ref`}${mayHaveMore(task) ? `; microvm-orchestrator merge ${id} asks its place for the rest of its work` : ''}`,
    })
  }
  const registered = (await rules.repositories.list()).find(({ path }) => path === repoPath)
  if (!registered) {
    throw new AppError('repository-unknown', `The repository of task ${id} is not registered: ${repoPath}`, {
      hint: `Run: microvm-orchestrator allow ${repoPath}`,
    })
  }
  await requireSpace([rules.home, repoPath, workFolder], rules.limits.minFreeGiB ?? 0)
  if (!place) await host.require(await rules.provisions(repoPath))
  return { ...registered, startCommit }
}

/** Whether its place was left with work that did not come home. */
const mayHaveMore = ({ place, work, exit }: Task): boolean =>
  Boolean(place) && exit !== null && (work === null || work.unsaved === true)

/** A clone at a place is made anew of what came home: all of that has to be there still. */
async function hasAllOf({ work, startCommit, ...task }: Task): Promise<boolean> {
  const files = filesOf(task)
  if (!work || !(await wholeWork(files))) return false
  return work.commit === startCommit || (await pathExists(files.broughtPack))
}
