import { AppError } from '../../core/failure.ts'
import type { Against, DiffOptions, FileDiff } from '../../core/merge/file-diff.ts'
import type { MergePolicy } from '../../core/merge/merge-policy.ts'
import type { Task } from '../../core/task/task.ts'
import type { CommitSeen, WorkSeen } from '../../worker/look-at-work.ts'
import { commitOfWork, diffOfWork, lookAtWork } from './look-with-worker.ts'
import { requireWork } from './require-work.ts'

export interface TaskReview extends WorkSeen {
  readonly branch: string | null
  readonly startCommit: string
  /** What waits at the ref now. */
  readonly commit: string
  readonly policy: MergePolicy
}

/** @throws AppError('merge-failed') where nothing waits. */
export async function lookAtTask(task: Task): Promise<TaskReview> {
  const { id, repoPath, branch, mergePolicy = { kind: 'auto' } } = task
  const { startCommit, commit } = await workOf(task)
  const seen = await lookAtWork({ repoPath, branch, startCommit, commit }, id)
  return { branch, startCommit, commit, policy: mergePolicy, ...seen }
}

/** One file's lines. @throws AppError('argument-invalid') when the file does not differ there. */
export async function lookAtFile(task: Task, path: string, against: Against, wish: DiffOptions): Promise<FileDiff> {
  const { id, repoPath, branch } = task
  return await diffOfWork({ repoPath, branch, ...(await workOf(task)), path, against, wish }, id)
}

/** One of its commits. @throws AppError('argument-invalid') for any other. */
export async function lookAtCommit(task: Task, commit: string): Promise<CommitSeen> {
  const { id, repoPath, branch } = task
  return await commitOfWork({ repoPath, branch, ...(await workOf(task)), id: commit }, id)
}

async function workOf(task: Task): Promise<{ readonly startCommit: string; readonly commit: string }> {
  const commit = await requireWork(task)
  if (task.startCommit === null) throw new AppError('merge-failed', `Task ${task.id} has no clone`)
  return { startCommit: task.startCommit, commit }
}
