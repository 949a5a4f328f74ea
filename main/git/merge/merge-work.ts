import type { MergeOutcome } from '../../core/merge/merge.ts'
import type { GitOptions } from '../process/git.ts'
import { openObjectReader } from '../process/objects.ts'
import type { RepositoryPlace } from '../repository/repository-place.ts'
import { inMergeTurn, unmerged } from './merge-turn.ts'
import { forgetWork, type MergeRequest, type PlanRequest, planMerge } from './plan-merge.ts'
import { publishPlan } from './publish-plan.ts'
import { openQuarantine } from './quarantine.ts'
import { readyBranch } from './ready-branch.ts'

/**
 * Brings a task's commits onto the branch that it started from, one merge at a time per repository. Nothing of the user's is touched
 * before it is certain; a merge that does not happen leaves everything as it was, `refs/tasks/ID` included. After success, and when
 * there was nothing to merge, that ref is deleted, unless commits were left out: then they wait there.
 * @throws AppError('repository-invalid'), or the signal's reason when it fires for another cause than time.
 */
export async function mergeWork(request: MergeRequest, signal?: AbortSignal): Promise<MergeOutcome> {
  const { branch } = request
  if (branch === null) {
    return unmerged('detached_head', 'The task started with no branch checked out, so there is none to merge into')
  }
  return await inMergeTurn(
    request,
    async (repository) => {
      const first = await mergeOnce(repository, { ...request, branch }, signal)
      const outcome = first ?? (await mergeOnce(repository, { ...request, branch }, signal))
      return outcome ?? unmerged('branch_moved', `${branch} was moved twice while the work was being brought onto it`)
    },
    signal,
  )
}

/** Undefined when the branch was moved by another program meanwhile. */
async function mergeOnce(
  repository: RepositoryPlace,
  request: PlanRequest,
  signal?: AbortSignal,
): Promise<MergeOutcome | undefined> {
  const { branch } = request
  const user: GitOptions = { cwd: repository.path, trust: 'user' }
  await using quarantine = await openQuarantine(repository.commonDirectory, repository.objectFormat)
  // Ahead, since it starts while git is asked for the branch.
  await using reader = await openObjectReader({ ...user, env: quarantine.reading }, signal)
  const ready = await readyBranch(repository, branch, signal)
  if (ready.kind !== 'ready') return ready
  const { state, programs } = ready
  const tools = { quarantine, reader, programs }
  const plan = await planMerge(repository, request, { onto: state.tip, ...tools }, signal)
  if (plan.kind === 'planned') return await publishPlan(repository, request, plan, state, tools)
  if (plan.outcome.kind === 'unchanged') await forgetWork(user, request)
  return plan.outcome
}
