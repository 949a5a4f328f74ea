import type { MergeOutcome } from '../../core/merge/merge.ts'
import { unreachable } from '../../core/unreachable.ts'
import { type UserPrograms, userPrograms } from '../publish/user-programs.ts'
import { type BranchState, branchState } from '../repository/branch-state.ts'
import type { RepositoryPlace } from '../repository/repository-place.ts'
import { unmerged } from './merge-turn.ts'

export interface ReadyBranch {
  readonly kind: 'ready'
  readonly state: Extract<BranchState, { kind: 'ready' }>
  readonly programs: UserPrograms
}

/** The branch as it can be moved now, with what of the user's would run there; else the outcome that says why it cannot. */
export async function readyBranch(
  repository: RepositoryPlace,
  branch: string,
  signal?: AbortSignal,
): Promise<ReadyBranch | Extract<MergeOutcome, { kind: 'unmerged' }>> {
  const user = { cwd: repository.path, trust: 'user' } as const
  const [state, programs] = await Promise.all([branchState(repository, branch, signal), userPrograms(user, signal)])
  switch (state.kind) {
    case 'gone':
      return branchGone(branch)
    case 'busy':
      return unmerged('operation_in_progress', `${branch} is in the middle of a ${state.operation}`)
    case 'ready':
      return { kind: 'ready', state, programs }
    default:
      return unreachable(state)
  }
}

export const branchGone = (branch: string): Extract<MergeOutcome, { kind: 'unmerged' }> =>
  unmerged('branch_gone', `The branch ${branch} no longer exists`)
