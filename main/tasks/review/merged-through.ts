import type { MergeOutcome } from '../../core/merge/merge.ts'
import type { Task } from '../../core/task/task.ts'
import { mergeView } from '../../core/task/view.ts'
import { deleteTaskRef } from '../../git/repository/delete-task-ref.ts'
import { readTaskRef } from '../../git/repository/read-task-ref.ts'
import { pathExists } from '../../lib/files/look.ts'
import { eventsPath } from '../record/task-files.ts'
import { TaskRecord } from '../record/task-record.ts'
import { notContained } from '../run/ask-worker.ts'

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
    // One that was continued meanwhile has its own merge before it.
    if (record.task.state.phase === 'finished' && record.task.merge?.kind !== 'merged') {
      const { kept: _ofResolver, ...rest } = merge
      const through: MergeOutcome = { ...rest, through: id, ...(missing.length > 0 && { kept: missing.length }) }
      await record.add({ type: 'merge-tried', merge: through })
      await record.write(record.files.mergeResult, mergeView(task, through))
    }
  }
  if (missing.length === 0) await deleteTaskRef(repoPath, task, { onlyAt: commit })
}
