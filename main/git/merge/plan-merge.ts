import type { Choice } from '../../core/merge/conflicts.ts'
import { type MergeOutcome, type Selection, taskRef } from '../../core/merge/merge.ts'
import type { Trailer } from '../../core/merge/trailers.ts'
import { unreachable } from '../../core/unreachable.ts'
import { createSettler } from '../conflicts/settler.ts'
import { type GitOptions, gitQuickly } from '../process/git.ts'
import type { ObjectReader } from '../process/objects.ts'
import type { UserPrograms } from '../publish/user-programs.ts'
import type { RepositoryPlace } from '../repository/repository-place.ts'
import { type Apart, listApart } from './divergence.ts'
import { unmerged } from './merge-turn.ts'
import type { Quarantine } from './quarantine.ts'
import { type Replay, replayCommits, selectionOptions } from './replay-commits.ts'
import { signCommits } from './sign-commits.ts'

export interface MergeRequest {
  readonly repoPath: string
  readonly taskId: string
  /** The host's record of where the task began. */
  readonly startCommit: string
  /** The branch that was checked out then; null when none was. */
  readonly branch: string | null
  /** What salvage brought to `refs/tasks/ID`. */
  readonly commit: string
  /** How a person settled what collides; left out, a collision ends the merge. */
  readonly choices?: readonly Choice[]
  /** Left out, all commits as they are. */
  readonly selection?: Selection
  /** The sign on commits that we write, and on those that bear none; left out, none. */
  readonly trailers?: readonly Trailer[]
}

export type PlanRequest = MergeRequest & { readonly branch: string }

/** What a merge reads and writes with; new objects go to the quarantine. */
export interface MergeTools {
  readonly quarantine: Quarantine
  readonly reader: ObjectReader
  readonly programs: UserPrograms
}

export type MergePlan =
  /** The commit that the branch is to be at, in place of `onto`. */
  | {
      readonly kind: 'planned'
      readonly method: 'fast-forward' | 'rebase'
      readonly commit: string
      /** How many of the task's commits are in it. */
      readonly commits: number
    }
  | { readonly kind: 'settled'; readonly outcome: MergeOutcome }

/** What a task's commits are on top of a commit, where anything of them comes onto it. Nothing of the user's changes but a ref that has done its duty. */
export async function planMerge(
  repository: RepositoryPlace,
  request: PlanRequest,
  { onto, ...tools }: MergeTools & { readonly onto: string },
  signal?: AbortSignal,
): Promise<MergePlan> {
  const { branch, commit } = request
  const user: GitOptions = { cwd: repository.path, trust: 'user' }
  const settled = (outcome: MergeOutcome): MergePlan => ({ kind: 'settled', outcome })
  const apart = await listApart(user, onto, commit, tools.reader, signal)
  if (apart === null) return settled(unmerged('fetch_failed', `The task's commit ${commit} is not in the repository`))
  if (apart.inWork.length === 0) return settled({ kind: 'unchanged', branch })
  const plan = await putOnto(repository, request, { onto, apart, ...tools }, signal)
  switch (plan.kind) {
    case 'merge-commits':
      return settled(
        unmerged('merge_commits', `The task made merge commits that cannot be put onto the moved ${branch} one by one`),
      )
    case 'conflicts':
      return settled(unmerged('conflicts', `'${plan.subject}' conflicts with ${branch}`, [...plan.files]))
    case 'replayed':
      return plan.commit === onto ? settled({ kind: 'unchanged', branch }) : { ...plan, kind: 'planned' }
    default:
      return unreachable(plan)
  }
}

type Plan =
  | (Extract<Replay, { kind: 'replayed' }> & { readonly method: 'fast-forward' | 'rebase' })
  | Exclude<Replay, { kind: 'replayed' }>

async function putOnto(
  { path, objectFormat }: RepositoryPlace,
  { startCommit, commit, taskId, choices, selection, trailers }: PlanRequest,
  { onto, apart, quarantine, reader, programs }: MergeTools & { readonly onto: string; readonly apart: Apart },
  signal?: AbortSignal,
): Promise<Plan> {
  const user: GitOptions = { cwd: path, trust: 'user' }
  const isOnStart = apart.shared.has(startCommit) || (await isAncestor(user, startCommit, onto, signal))
  // A branch that was taken back behind the start must not get back what the user took off it.
  if (apart.inBranch === 0 && !selection && isOnStart) {
    const ids = apart.inWork
    const signed = trailers && (await signCommits({ reader, quarantine, ids, commit, taskId, trailers }, signal))
    return { kind: 'replayed', method: 'fast-forward', commit: signed ?? commit, commits: ids.length }
  }
  const replay = await replayCommits(
    {
      ...{ path, objectFormat, quarantine, reader, from: startCommit, to: commit, onto, env: programs.off },
      ...(isOnStart && { ids: apart.inWork }),
      ...(choices && { settle: createSettler(choices).settle }),
      ...selectionOptions(selection),
      ...(trailers && { trailers }),
    },
    signal,
  )
  return replay.kind === 'replayed' ? { ...replay, method: 'rebase' } : replay
}

const isAncestor = async (user: GitOptions, ancestor: string, commit: string, signal?: AbortSignal) =>
  ancestor === commit ||
  (await gitQuickly(['merge-base', '--is-ancestor', ancestor, commit], user, signal)).exitCode === 0

/** The ref has done its duty. One that cannot be deleted now is deleted with the task. */
export async function forgetWork(user: GitOptions, { taskId, commit, selection }: PlanRequest): Promise<void> {
  if (selection?.only) return
  await gitQuickly(['update-ref', '-d', taskRef(taskId), commit], user)
}
