import { landingRef, type MergeOutcome } from '../../core/merge/merge.ts'
import { type GitOptions, gitQuickly } from '../process/git.ts'
import { openObjectReader } from '../process/objects.ts'
import { inMergeTurn } from './merge-turn.ts'
import type { LandingRequest, PreparedWork } from './prepare-landing.ts'
import { publishPlan } from './publish-plan.ts'
import { openQuarantine } from './quarantine.ts'
import { readyBranch } from './ready-branch.ts'

export type Landed = MergeOutcome | { readonly kind: 'moved' }

/**
 * Moves the branch from the commit that the work was put onto to the very commit that was prepared, and to no other. `moved`: the branch is
 * elsewhere now, and nothing was changed. After success the task's refs are deleted. @throws as `mergeWork` does.
 */
export async function landPrepared(
  {
    onto,
    prepared,
    ...request
  }: Pick<LandingRequest, 'repoPath' | 'taskId' | 'branch' | 'commit' | 'onto'> & {
    readonly prepared: Extract<PreparedWork, { kind: 'ready' }>
  },
  signal?: AbortSignal,
): Promise<Landed> {
  const { branch, taskId } = request
  return await inMergeTurn(
    request,
    async (repository): Promise<Landed> => {
      const user: GitOptions = { cwd: repository.path, trust: 'user' }
      const ready = await readyBranch(repository, branch, signal)
      if (ready.kind !== 'ready') return ready
      const { state, programs } = ready
      if (state.tip !== onto) return { kind: 'moved' }
      await using quarantine = await openQuarantine(repository.commonDirectory, repository.objectFormat)
      await using reader = await openObjectReader({ ...user, env: quarantine.reading }, signal)
      const outcome = await publishPlan(repository, request, prepared, state, { quarantine, reader, programs })
      if (outcome?.kind === 'merged') await gitQuickly(['update-ref', '-d', landingRef(taskId), prepared.commit], user)
      return outcome ?? { kind: 'moved' }
    },
    signal,
  )
}
