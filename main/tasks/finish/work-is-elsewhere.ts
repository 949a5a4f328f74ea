import type { TaskBrief } from '../../core/task/task-brief.ts'
import { readTaskRef } from '../../git/repository/read-task-ref.ts'

/**
 * Whether the work of a task that has ended is in its repository, so that its folder may go without a question. Asks git, since a person
 * may have deleted the ref; where git cannot be asked, in a repository that is gone, it is not. The one place that decides this.
 */
export async function workIsElsewhere({ id, repoPath, startCommit, state, work }: TaskBrief): Promise<boolean> {
  if (state.phase !== 'finished') return false
  if (startCommit === null || state.outcome.kind === 'merged' || state.outcome.kind === 'unchanged') return true
  if (!work) return false
  if (work.ref === null) return true
  return (await readTaskRef(repoPath, id).catch(() => null)) === work.commit
}
