import { AppError } from '../core/failure.ts'
import type { FileDiff } from '../core/file-diff.ts'
import type { MergePolicy } from '../core/merge-policy.ts'
import type { Task } from '../core/task.ts'
import { type AsMerged, asMerged } from '../git/as-merged.ts'
import { type CommitLine, type FileChange, listChanges, listCommits, type Range } from '../git/list-changes.ts'
import { readDiff } from '../git/read-diff.ts'
import { requireWork } from './require-work.ts'

/** What a file's lines are compared with. */
export type Against =
  | { readonly kind: 'start' }
  /** The branch as it is now, as a merge would change it. */
  | { readonly kind: 'branch' }
  /** The commit before this one of the task's. */
  | { readonly kind: 'commit'; readonly id: string }

export interface TaskReview {
  readonly branch: string | null
  readonly startCommit: string
  /** What waits at the ref now. */
  readonly commit: string
  readonly policy: MergePolicy
  /** Oldest first, at most 1,000. */
  readonly commits: readonly CommitLine[]
  /** Against the start. */
  readonly files: readonly FileChange[]
  /** Against the branch now: what a merge would change, or why none can be. */
  readonly onBranch: AsMerged<readonly FileChange[]>
}

/** @throws AppError('merge-failed') where nothing waits. */
export async function lookAtTask(task: Task): Promise<TaskReview> {
  const { repoPath, branch, mergePolicy = { kind: 'auto' } } = task
  const { startCommit, commit } = await workOf(task)
  const range = { repoPath, from: startCommit, to: commit }
  const [commits, files, onBranch] = await Promise.all([
    listCommits(range, 1000),
    listChanges(range),
    asMerged({ repoPath, startCommit, commit, branch }, (merged) => listChanges(merged)),
  ])
  return { branch, startCommit, commit, policy: mergePolicy, commits: [...commits].reverse(), files, onBranch }
}

/** One file's lines. @throws AppError('argument-invalid') when the file does not differ there. */
export async function lookAtFile(task: Task, path: string, against: Against): Promise<FileDiff> {
  const { repoPath, branch } = task
  const { startCommit, commit } = await workOf(task)
  const diff = async (range: Range): Promise<FileDiff> => {
    const change = (await listChanges(range)).find((candidate) => candidate.path === path)
    if (!change) throw new AppError('argument-invalid', `${path} does not differ there`, { hint: 'Look again' })
    return await readDiff(range, change)
  }
  if (against.kind === 'start') return await diff({ repoPath, from: startCommit, to: commit })
  if (against.kind === 'branch') {
    const merged = await asMerged({ repoPath, startCommit, commit, branch }, diff)
    if (merged.kind === 'merged') return merged.result
    throw new AppError('merge-failed', 'The work does not merge with the branch as it is now', {
      hint: 'Compare it with its start, or settle what collides',
    })
  }
  const commits = await listCommits({ repoPath, from: startCommit, to: commit }, 1000)
  const at = commits.findIndex(({ id }) => id === against.id)
  if (at < 0) throw new AppError('argument-invalid', `${against.id.slice(0, 80)} is none of the task's commits`)
  return await diff({ repoPath, from: commits[at + 1]?.id ?? startCommit, to: against.id })
}

async function workOf(task: Task): Promise<{ readonly startCommit: string; readonly commit: string }> {
  const commit = await requireWork(task)
  if (task.startCommit === null) throw new AppError('merge-failed', `Task ${task.id} has no clone`)
  return { startCommit: task.startCommit, commit }
}
