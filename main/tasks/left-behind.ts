import type { LeftUnderWay } from '../core/merge.ts'
import type { Task } from '../core/task.ts'
import { operationUnderWay } from '../git/operation-under-way.ts'
import { leftMarkers } from './ask-worker.ts'
import { filesOf } from './task-files.ts'

/**
 * What a task's agent left unfinished, whatever it says of itself; null when nothing. Where the user moved the ref since, only what
 * the commit holds counts.
 */
export async function leftBehind(task: Task, commit: string, signal: AbortSignal): Promise<LeftUnderWay | null> {
  const { id, repoPath, startCommit, resolves, work } = task
  if (startCommit === null) return null
  if (commit === work?.commit) {
    if (work.left) return work.left
    const operation = await operationUnderWay(filesOf(task).repo)
    if (operation !== null) return { operation, files: [] }
  }
  const before = resolves ? [startCommit, resolves.commit] : [startCommit]
  const files = await leftMarkers({ repoPath, from: startCommit, to: commit, before }, id, signal)
  return files.length === 0 ? null : { operation: null, files }
}
