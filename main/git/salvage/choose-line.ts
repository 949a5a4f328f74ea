import type { Head } from '../survey/read-tips.ts'

/** The commits beyond a task's start, as far as they could be imported. */
export interface KnownCommits {
  /** Whether the commit is to be had, beyond the start or before it. */
  has(id: string): boolean
  /** Whether it brings anything beyond the start. */
  isBeyond(id: string): boolean
  /** Whether it has a common history with the start. */
  isRelated(id: string): boolean
  /** Whether `id` is or reaches `other`. */
  contains(id: string, other: string): boolean
}

export interface Line {
  /** The start where the tip brings nothing beyond it. */
  readonly commit: string
  readonly tip: string
  /** In words, where it was found. */
  readonly from: string
  readonly notes: readonly string[]
}

/**
 * The commit whose history is offered to the user's branch: what HEAD shows where that continues the task's branch, else the task's
 * branch where that holds anything, else HEAD. What is on neither never merges by itself. Pure.
 */
export function chooseLine(
  { head, taskBranch }: { readonly head: Head; readonly taskBranch: string | undefined },
  known: KnownCommits,
  startCommit: string,
): Line {
  const usable = (id: string | undefined): id is string => id !== undefined && known.has(id) && known.isRelated(id)
  const atHead = usable(head.commit) ? head.commit : undefined
  const atBranch = usable(taskBranch) ? taskBranch : undefined
  const notes: string[] = []
  if (head.commit !== undefined && known.has(head.commit) && atHead === undefined)
    notes.push("HEAD's history has nothing in common with the task's start, so it does not merge")
  const line = (commit: string, from: string): Line => ({
    commit: known.isBeyond(commit) ? commit : startCommit,
    tip: commit,
    from,
    notes,
  })
  if (atHead !== undefined && atBranch !== undefined) {
    if (known.contains(atHead, atBranch)) return line(atHead, 'HEAD')
    if (known.contains(atBranch, atHead)) return line(atBranch, "the task's branch")
    if (!known.isBeyond(atBranch)) return line(atHead, 'HEAD')
    notes.push("HEAD and the task's branch both hold commits that the other lacks: the task's branch merges")
    return line(atBranch, "the task's branch")
  }
  // One of the two was never there, is gone or could not be read.
  if (atBranch !== undefined) return line(atBranch, "the task's branch")
  if (atHead !== undefined) return line(atHead, 'HEAD')
  const earlier = head.earlier.find((id) => usable(id))
  return line(earlier ?? startCommit, earlier === undefined ? "the task's start" : 'an earlier HEAD')
}
