import { AppError } from '../core/failure.ts'
import type { Against, DiffOptions, FileDiff } from '../core/merge/file-diff.ts'
import { type CommitLine, type FileChange, listChanges, listCommits, type Range } from '../git/changes/list-changes.ts'
import { readDiff } from '../git/changes/read-diff.ts'
import { readMessage } from '../git/changes/read-message.ts'
import { type AsMerged, asMerged } from '../git/merge/preview-merge.ts'

/** Work that waits at a task's ref. */
export interface WorkAtRef {
  readonly repoPath: string
  readonly branch: string | null
  readonly startCommit: string
  readonly commit: string
}

export interface WorkSeen {
  /** Oldest first, at most 1,000. */
  readonly commits: readonly CommitLine[]
  /** Against the start. */
  readonly files: readonly FileChange[]
  /** Against the branch now: what a merge would change, or why none can be. */
  readonly onBranch: AsMerged<readonly FileChange[]>
}

/** One commit of it. */
export interface CommitSeen {
  /** All of it, as a person reads it. */
  readonly message: string
  /** Against the commit before. */
  readonly files: readonly FileChange[]
}

export async function lookAtWork(work: WorkAtRef, signal?: AbortSignal): Promise<WorkSeen> {
  const { repoPath, startCommit, commit } = work
  const range = { repoPath, from: startCommit, to: commit }
  const [commits, files, onBranch] = await Promise.all([
    listCommits(range, 1000, signal),
    listChanges(range, signal),
    asMerged(work, (merged) => listChanges(merged, signal), signal),
  ])
  return { commits: [...commits].reverse(), files, onBranch }
}

/** One file's lines. @throws AppError('argument-invalid') when the file does not differ there. */
export async function diffOfWork(
  {
    path,
    against,
    wish = {},
    ...work
  }: WorkAtRef & { readonly path: string; readonly against: Against; readonly wish?: DiffOptions },
  signal?: AbortSignal,
): Promise<FileDiff> {
  const { repoPath, startCommit, commit } = work
  const diff = async (range: Range): Promise<FileDiff> => {
    const found = await diffInRange({ range, path, wish }, signal)
    if (!found) throw new AppError('argument-invalid', `${path} does not differ there`, { hint: 'Look again' })
    return found
  }
  if (against.kind === 'start') return await diff({ repoPath, from: startCommit, to: commit })
  if (against.kind === 'branch') {
    const merged = await asMerged(work, diff, signal)
    if (merged.kind === 'merged') return merged.result
    throw new AppError('merge-failed', 'The work does not merge with the branch as it is now', {
      hint: 'Compare it with its start, or settle what collides',
    })
  }
  return await diff(await rangeOfCommit(work, against.id, signal))
}

/** One of the work's commits by itself. @throws AppError('argument-invalid') for any other commit. */
export async function commitOfWork(
  { id, ...work }: WorkAtRef & { readonly id: string },
  signal?: AbortSignal,
): Promise<CommitSeen> {
  const range = await rangeOfCommit(work, id, signal)
  const [message, files] = await Promise.all([readMessage(range, signal), listChanges(range, signal)])
  return { message, files }
}

/** From the commit before, or from the start. */
async function rangeOfCommit({ repoPath, startCommit, commit }: WorkAtRef, id: string, signal?: AbortSignal) {
  const commits = await listCommits({ repoPath, from: startCommit, to: commit }, 1000, signal)
  const at = commits.findIndex((candidate) => candidate.id === id)
  if (at < 0) throw new AppError('argument-invalid', `${id.slice(0, 80)} is none of the task's commits`)
  return { repoPath, from: commits[at + 1]?.id ?? startCommit, to: id }
}

/** What differs from commit to commit. */
export async function changesInRange(
  { range, commits }: { readonly range: Range; readonly commits: number },
  signal?: AbortSignal,
): Promise<{ readonly commits: readonly CommitLine[]; readonly files: readonly FileChange[] }> {
  const [lines, files] = await Promise.all([listCommits(range, commits, signal), listChanges(range, signal)])
  return { commits: lines, files }
}

/** The lines of one file; null when it does not differ. */
export async function diffInRange(
  { range, path, wish = {} }: { readonly range: Range; readonly path: string; readonly wish?: DiffOptions },
  signal?: AbortSignal,
): Promise<FileDiff | null> {
  const change = (await listChanges(range, signal)).find((candidate) => candidate.path === path)
  return change ? await readDiff(range, change, wish, signal) : null
}
