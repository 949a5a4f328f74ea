import { toldPaths } from '../../core/bounded-list.ts'
import { AppError } from '../../core/failure.ts'
import { resolveText } from '../../core/merge/resolve-text.ts'
import type { Resolves, Task } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { readSubjects } from './look-with-worker.ts'
import { requireWork } from './require-work.ts'

/**
 * The task that brings another one's work and the branch together.
 * @throws AppError: 'merge-failed' where there is nothing to resolve, 'task-busy' where someone is at it.
 */
export async function planResolver(
  task: Task,
  others: Iterable<Pick<TaskBrief, 'id' | 'state' | 'resolves'>>,
): Promise<{ readonly description: string; readonly resolves: Resolves }> {
  const { id, repoPath, startCommit, branch, merge } = task
  if (merge?.kind !== 'unmerged' || (merge.reason !== 'conflicts' && merge.reason !== 'merge_commits')) {
    throw new AppError('merge-failed', `The work of task ${id} collides with nothing`, {
      hint: 'merge_task says what keeps it off the branch, or merges it',
    })
  }
  if (task.accepted?.only) {
    throw new AppError('merge-failed', `Only some of the commits of task ${id} were accepted`, {
      hint: `Settle what collides in the window, or accept all of them first: microvm-orchestrator review ${id} --accept`,
    })
  }
  const commit = await requireWork(task)
  if (startCommit === null || branch === null) throw new AppError('merge-failed', `Task ${id} started from no branch`)
  for (const other of others) {
    if (other.resolves?.task !== id || other.state.phase === 'finished') continue
    throw new AppError('task-busy', `Task ${other.id} is resolving it already`, {
      hint: 'wait_next_event tells its end',
    })
  }
  const [taskCommits, branchCommits] = await Promise.all([
    readSubjects({ repoPath, from: startCommit, to: commit }, id),
    readSubjects({ repoPath, from: startCommit, to: `refs/heads/${branch}` }, id),
  ])
  return {
    description: resolveText({
      ...{ branch, taskCommits, branchCommits },
      description: task.description,
      files: toldPaths(merge),
    }),
    resolves: { task: id, startCommit, commit, branch, ...(task.mergePolicy && { policy: task.mergePolicy }) },
  }
}

/** Whether a task that ended so is to be resolved by another: once, and never one that resolves. Pure. */
export function wantsResolver(task: Task, others: Iterable<Pick<TaskBrief, 'id' | 'state' | 'resolves'>>): boolean {
  if (task.resolves || task.merge?.kind !== 'unmerged' || task.merge.reason !== 'conflicts') return false
  for (const other of others) if (other.resolves?.task === task.id) return false
  return true
}
