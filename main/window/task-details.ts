import type { TaskRow } from '../../preload/live-state.ts'
import type { Changes, TaskDetails } from '../../preload/task-details.ts'
import { AppError } from '../core/failure.ts'
import type { FileDiff } from '../core/merge/file-diff.ts'
import type { Task } from '../core/task/task.ts'
import { notesOf } from '../core/task/view.ts'
import { visibleLine, visibleText } from '../core/visible-text.ts'
import type { Range } from '../git/changes/list-changes.ts'
import { filesOf } from '../tasks/record/task-files.ts'
import { changesInRange, diffInRange } from '../tasks/review/look-with-worker.ts'
import { changedFile } from './changed-file.ts'

const shownFiles = 2_000
const shownCommits = 200

export function taskDetails(task: Task, row: TaskRow): TaskDetails {
  const files = filesOf(task)
  const outcome = task.state.phase === 'finished' ? task.state.outcome : null
  return {
    row,
    description: visibleText(task.description),
    repoPath: task.repoPath,
    branch: task.branch,
    startCommit: task.startCommit,
    caps: task.caps ?? null,
    summary: task.result ? visibleText(task.result.summary) : null,
    failure: outcome?.kind === 'failed' ? outcome.failure : task.stopReason,
    merge: task.merge,
    check: task.result?.check ? { ...task.result.check, output: visibleText(task.result.check.output) } : null,
    resolves: task.resolves?.task ?? null,
    notes: notesOf(task).map(visibleLine),
    also: task.work?.also ?? [],
    folder: files.folder,
    consolePath: files.console,
  }
}

/** What of a task's work lies in the user's repository: merged, or at its ref; null while nothing does. Pure. */
export function rangeOf({ repoPath, startCommit, merge, work }: Task): Range | null {
  if (merge?.kind === 'merged') return { repoPath, from: merge.from, to: merge.to }
  if (startCommit === null || work === null || work.ref === null) return null
  return { repoPath, from: startCommit, to: work.commit }
}

/** Reads objects that were checked when they were fetched, never the clone. */
export async function readChanges(task: Task, signal: AbortSignal): Promise<Changes> {
  const range = rangeOf(task)
  if (!range) return { commits: [], files: [], fileCount: 0 }
  const { commits, files } = await changesInRange({ range, commits: shownCommits }, task.id, signal)
  return {
    commits,
    files: files.slice(0, shownFiles).map(changedFile),
    fileCount: files.length,
  }
}

/** @throws AppError('argument-invalid') when the task did not change the file. */
export async function readFileDiff(task: Task, path: string, signal: AbortSignal): Promise<FileDiff> {
  const range = rangeOf(task)
  const diff = range && (await diffInRange({ range, path }, task.id, signal))
  if (!diff) throw new AppError('argument-invalid', `Task ${task.id} did not change ${JSON.stringify(path)}`)
  return diff
}
