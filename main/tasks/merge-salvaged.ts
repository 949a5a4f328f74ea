import type { Choice } from '../core/conflicts.ts'
import { toFailure } from '../core/failure.ts'
import type { MergeOutcome, Selection } from '../core/merge.ts'
import type { Task } from '../core/task.ts'
import { findMerge, mergeWork } from './ask-worker.ts'

/** What a person decided of work that waited. */
export interface Decisions {
  readonly choices?: readonly Choice[]
  readonly selection?: Selection
}

/** Brings a commit of the task's onto the branch that it started from. Never rejects: what goes wrong is why it is not there. */
export async function mergeSalvaged(
  task: Task,
  commit: string | null,
  signal: AbortSignal,
  decisions: Decisions = {},
): Promise<MergeOutcome> {
  const { repoPath, id: taskId, branch, startCommit } = task
  if (commit === null || startCommit === null) return { kind: 'unchanged', branch }
  try {
    const outcome = await mergeWork({ repoPath, taskId, startCommit, branch, commit, ...decisions }, signal)
    // Nothing was left to merge: because a crash came between an earlier merge and its record, perhaps.
    if (outcome.kind !== 'unchanged' || branch === null) return outcome
    return (await findMerge({ repoPath, taskId, branch, startCommit }, signal)) ?? outcome
  } catch (error) {
    const reason = signal.aborted ? 'timed_out' : 'fetch_failed'
    return { kind: 'unmerged', reason, files: [], detail: toFailure(error, 'merge-failed').message }
  }
}
