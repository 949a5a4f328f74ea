import { toldPaths } from '../../core/bounded-list.ts'
import { AppError } from '../../core/failure.ts'
import type { MergeOutcome } from '../../core/merge/merge.ts'
import { resolveText } from '../../core/merge/resolve-text.ts'
import type { Resolves, Task } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import { mergeView } from '../../core/task/view.ts'
import { deleteTaskRef } from '../../git/repository/delete-task-ref.ts'
import { readTaskRef } from '../../git/repository/read-task-ref.ts'
import { pathExists } from '../../lib/files/look.ts'
import { eventsPath } from '../record/task-files.ts'
import { TaskRecord } from '../record/task-record.ts'
import { notContained } from '../run/ask-worker.ts'
import { readSubjects } from './look-with-worker.ts'
import { requireWork } from './require-work.ts'

/**
 * The task that brings another one's work and the branch together.
 * @throws AppError: 'merge-failed' where there is nothing to resolve, 'task-busy' where someone is at it.
 */
export async function planResolution(
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
export function wantsResolution(task: Task, others: Iterable<Pick<TaskBrief, 'id' | 'state' | 'resolves'>>): boolean {
  if (task.resolves || task.merge?.kind !== 'unmerged' || task.merge.reason !== 'conflicts') return false
  for (const other of others) if (other.resolves?.task === task.id) return false
  return true
}

const proofTimeoutMs = 10 * 60_000

/**
 * After the merge of a task that resolved another one's conflicts: that one is merged through it. Its ref goes when each of its commits
 * is proven to be in what was merged; commits that the resolver skipped, or wrote in other words, wait there until a person drops them.
 * Can be repeated.
 */
export async function mergedThrough(resolver: Task, onChange: (task: Task) => void): Promise<void> {
  const { home, id, repoPath, resolves, merge } = resolver
  if (!resolves || merge?.kind !== 'merged') return
  const { task, startCommit, commit } = resolves
  const { from, to } = merge
  const signal = AbortSignal.timeout(proofTimeoutMs)
  const waits = (await readTaskRef(repoPath, task, signal)) === commit
  const proof = { repoPath, startCommit, commit, merged: { from, to } }
  const missing = waits ? await notContained(proof, id, signal) : []
  if (await pathExists(eventsPath(home, task))) {
    await using record = await TaskRecord.open({ home, id: task, repoPath }, { onChange })
    if (record.task.merge?.kind !== 'merged') {
      const { kept: _ofResolver, ...rest } = merge
      const through: MergeOutcome = { ...rest, through: id, ...(missing.length > 0 && { kept: missing.length }) }
      await record.add({ type: 'merge-tried', merge: through })
      await record.write(record.files.mergeResult, mergeView(task, through))
    }
  }
  if (missing.length === 0) await deleteTaskRef(repoPath, task, { onlyAt: commit })
}
