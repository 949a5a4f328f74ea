import { toFailure } from '../../core/failure.ts'
import type { Choice } from '../../core/merge/conflicts.ts'
import type { Verdict } from '../../core/merge/may-publish.ts'
import { type MergeOutcome, type Selection, taskRef } from '../../core/merge/merge.ts'
import type { CheckPolicy } from '../../core/merge/merge-policy.ts'
import { taskTrailers } from '../../core/merge/trailers.ts'
import type { Task } from '../../core/task/task.ts'
import type { LandingWish } from '../landing/wish.ts'
import { findMerge, mergeWork } from '../run/ask-worker.ts'
import { type PublishingRules, unmergedBy } from './waiting-work.ts'

/** What a person decided of work that waited. */
export interface Decisions {
  readonly choices?: readonly Choice[]
  readonly selection?: Selection
}

export interface MergeOptions extends Decisions {
  /** Whether commits that are written bear the sign of their task. Default true. */
  readonly signed?: boolean | undefined
}

const lookTimeoutMs = 60_000

/** Brings a commit of the task's onto the branch that it started from. Never rejects: what goes wrong is why it is not there. */
export async function mergeSalvaged(
  task: Task,
  commit: string | null,
  signal: AbortSignal,
  { signed = true, ...decisions }: MergeOptions = {},
): Promise<MergeOutcome> {
  const { repoPath, id: taskId, branch, startCommit } = task
  if (commit === null || startCommit === null) return { kind: 'unchanged', branch }
  const trailers = signed && { trailers: taskTrailers(taskId, task.result?.usage?.model) }
  try {
    const outcome = await mergeWork(
      { repoPath, taskId, startCommit, branch, commit, ...trailers, ...decisions },
      signal,
    )
    // Nothing was left to merge: because a crash came between an earlier merge and its record, perhaps.
    if (outcome.kind !== 'unchanged' || branch === null) return outcome
    return (await findMerge({ repoPath, taskId, branch, startCommit }, signal)) ?? outcome
  } catch (error) {
    // The process may have died once the branch had moved.
    const place = branch !== null && { repoPath, taskId, branch, startCommit }
    const done = place && (await findMerge(place, AbortSignal.timeout(lookTimeoutMs)).catch(() => undefined))
    if (done) return done
    const reason = signal.aborted ? 'timed_out' : 'fetch_failed'
    return { kind: 'unmerged', reason, files: [], detail: toFailure(error, 'merge-failed').message }
  }
}

/** As `mergeSalvaged`, for work that has to be checked as it would be on its branch. @throws LandingLeft when the orchestrator ends first. */
export async function landChecked(
  task: Task,
  commit: string,
  policy: CheckPolicy,
  { landings, trailers: signed = true }: PublishingRules,
  {
    weigh,
    ...how
  }: Pick<LandingWish, 'slot' | 'believesFailures'> & {
    /** Whether it may be merged, as it is known at that time. */
    readonly weigh: () => Promise<Verdict>
  },
): Promise<MergeOutcome> {
  const refused = async (): Promise<MergeOutcome | null> => {
    const verdict = await weigh()
    return verdict.kind === 'no' ? unmergedBy(verdict) : null
  }
  if (landings) return await landings.land({ task, commit, policy, signed, refused, ...how })
  const detail = `There is no machine in which '${policy.command}' could be run. The work waits at ${taskRef(task.id)}`
  return { kind: 'unmerged', reason: 'check_failed', files: [], detail }
}
