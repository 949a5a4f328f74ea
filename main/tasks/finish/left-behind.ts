import { type LeftUnderWay, leftUnderWay } from '../../core/merge/merge.ts'
import type { Task } from '../../core/task/task.ts'
import { findMarkers } from '../run/ask-worker.ts'

/**
 * What a task's agent left unfinished, whatever it says of itself; null when nothing. Where the user moved the ref since, only what
 * the commit holds counts.
 */
export async function leftBehind(task: Task, commit: string, signal: AbortSignal): Promise<LeftUnderWay | null> {
  const { id, repoPath, startCommit, resolves, work } = task
  if (startCommit === null) return null
  // Salvage looked, though not at what a resolver was given beside its start.
  if (commit === work?.commit && (!resolves || work.left?.operation)) return work.left
  const before = resolves ? [startCommit, resolves.commit] : [startCommit]
  return leftUnderWay(null, await findMarkers({ repoPath, from: startCommit, to: commit, before }, id, signal))
}
