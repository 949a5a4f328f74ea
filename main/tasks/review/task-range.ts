import type { Task } from '../../core/task/task.ts'
import type { Range } from '../../git/changes/list-changes.ts'

/** What of a task's work lies in the user's repository: merged, or at its ref; null while nothing does. Pure. */
export function rangeOf({ repoPath, startCommit, merge, work }: Task): Range | null {
  if (merge?.kind === 'merged') return { repoPath, from: merge.from, to: merge.to }
  if (startCommit === null || work === null || work.ref === null) return null
  return { repoPath, from: startCommit, to: work.commit }
}
