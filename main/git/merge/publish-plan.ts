import { type MergeOutcome, taskRef } from '../../core/merge/merge.ts'
import { unreachable } from '../../core/unreachable.ts'
import { measureChange } from '../changes/measure-change.ts'
import { readTreeChanges, type TreeChanges } from '../changes/tree-changes.ts'
import type { ObjectReader } from '../process/objects.ts'
import { publishBranch } from '../publish/publish-branch.ts'
import { publishing } from '../publish/publishing.ts'
import type { BranchState } from '../repository/branch-state.ts'
import type { RepositoryPlace } from '../repository/repository-place.ts'
import { parseCommit } from './commit-object.ts'
import { unmerged } from './merge-turn.ts'
import type { MergePlan, MergeTools, PlanRequest } from './plan-merge.ts'

/** Moves the branch to what was planned for its tip, and its work tree with it. Undefined when another program moved it meanwhile. */
export async function publishPlan(
  repository: RepositoryPlace,
  { branch, commit, taskId, selection }: Pick<PlanRequest, 'branch' | 'commit' | 'taskId' | 'selection'>,
  plan: Omit<Extract<MergePlan, { kind: 'planned' }>, 'kind'>,
  { tip, checkout }: Pick<Extract<BranchState, { kind: 'ready' }>, 'tip' | 'checkout'>,
  { quarantine, reader, programs }: MergeTools,
): Promise<MergeOutcome | undefined> {
  const changes = await measuredChanges(tip, plan.commit, reader)
  const move = {
    ...repository,
    branch,
    checkout,
    from: tip,
    to: plan.commit,
    reason: `microvm-orchestrator: task ${taskId}: ${plan.method}`,
    changes,
    quarantine,
    programs,
    forget: selection?.only ? null : { ref: taskRef(taskId), commit },
  }
  const published = await publishing(() => publishBranch(move))
  switch (published.kind) {
    case 'moved':
      return undefined
    case 'local-changes': {
      const detail = `Uncommitted, untracked or ignored files in ${checkout?.path ?? repository.path} are in the way`
      return unmerged('local_changes', detail, published.files)
    }
    case 'locked':
      return unmerged(
        'operation_in_progress',
        `Another git process holds ${published.lock}. If none is running, remove that file and merge again`,
      )
    case 'names-collide':
      return unmerged(
        'names_collide',
        `${published.files.join(' and ')} are one name on the file system of ${checkout?.path ?? repository.path}`,
        published.files,
      )
    case 'failed':
      return unmerged('checkout_failed', published.detail, published.files)
    case 'published': {
      const { method, commits, commit: to } = plan
      const notes = published.notes.length > 0 ? { notes: published.notes } : {}
      return { kind: 'merged', method, commits, branch, from: tip, to, ...notes }
    }
    default:
      return unreachable(published)
  }
}

/**
 * What the move changes, unless git has to tell that.
 * @throws TooMuchChanged for what git could not list within our memory, nor a checkout hold.
 */
async function measuredChanges(from: string, to: string, reader: ObjectReader): Promise<TreeChanges | undefined> {
  const treeOf = async (id: string) => parseCommit(await reader.read(id, 'commit')).tree
  const [before, after] = await Promise.all([treeOf(from), treeOf(to)])
  await measureChange(before, after, reader)
  return await readTreeChanges(before, after, reader)
}
