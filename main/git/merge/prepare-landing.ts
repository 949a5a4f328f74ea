import { landingRef, type MergeOutcome } from '../../core/merge/merge.ts'
import { type GitOptions, gitOrThrow } from '../process/git.ts'
import { openObjectReader } from '../process/objects.ts'
import { userPrograms } from '../publish/user-programs.ts'
import { branchTip } from '../repository/branch-tip.ts'
import { parseCommit } from './commit-object.ts'
import { inMergeTurn } from './merge-turn.ts'
import { type PlanRequest, planMerge } from './plan-merge.ts'
import { openQuarantine } from './quarantine.ts'
import { branchGone } from './ready-branch.ts'

export type LandingRequest = Omit<PlanRequest, 'choices' | 'selection'> & {
  /** What the work is put onto: the branch's tip, or the prepared work of a task that lands before it. */
  readonly onto: string
}

export type PreparedWork =
  | {
      readonly kind: 'ready'
      readonly method: 'fast-forward' | 'rebase'
      /** At `refs/tasks/ID.landing`; its parents lead to `onto`. */
      readonly commit: string
      readonly tree: string
      readonly commits: number
      /** Whether these are the very files of the task's own commit. */
      readonly isAsMade: boolean
    }
  | { readonly kind: 'settled'; readonly outcome: MergeOutcome }

/**
 * Makes the commit that a task's work would be on top of another one, so that it can be checked before any branch moves. It is kept at
 * `refs/tasks/ID.landing`; nothing else of the user's changes. @throws as `mergeWork` does.
 */
export async function prepareLanding(request: LandingRequest, signal?: AbortSignal): Promise<PreparedWork> {
  const { branch, onto, taskId } = request
  const prepared = await inMergeTurn(
    request,
    async (repository): Promise<PreparedWork> => {
      const user: GitOptions = { cwd: repository.path, trust: 'user' }
      await using quarantine = await openQuarantine(repository.commonDirectory, repository.objectFormat)
      await using reader = await openObjectReader({ ...user, env: quarantine.reading }, signal)
      const [tip, programs] = await Promise.all([
        branchTip(repository.path, branch, signal),
        userPrograms(user, signal),
      ])
      if (tip === null) return { kind: 'settled', outcome: branchGone(branch) }
      const plan = await planMerge(repository, request, { onto, quarantine, reader, programs }, signal)
      if (plan.kind === 'settled') return plan
      const { commit } = plan
      const treeOf = async (id: string) => parseCommit(await reader.read(id, 'commit')).tree
      const [tree, made] = await Promise.all([treeOf(commit), treeOf(request.commit)])
      await quarantine.publishObjects()
      await gitOrThrow(['update-ref', landingRef(taskId), commit], user, signal)
      return { ...plan, kind: 'ready', tree, isAsMade: tree === made }
    },
    signal,
  )
  return prepared.kind === 'ready' || prepared.kind === 'settled' ? prepared : { kind: 'settled', outcome: prepared }
}
