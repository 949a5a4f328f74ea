import { AppError } from '../core/failure.ts'
import type { MergeOutcome } from '../core/merge.ts'
import type { Task } from '../core/task.ts'
import { mergeView } from '../core/view.ts'
import { type Decisions, mergeSalvaged } from './merge-salvaged.ts'
import { requireWork } from './require-work.ts'
import { heldUnresolved, mergedThrough } from './resolve-task.ts'
import { taskFiles } from './task-files.ts'
import { TaskRecord } from './task-record.ts'

const mergeTimeoutMs = 10 * 60_000

/**
 * Tries once more to bring the work of a task that has ended onto its branch: after the user committed local changes, say, or to
 * take what a failed task left. Merges what is at the ref now, since the user may have mended it there.
 * @throws AppError('task-ended') when it is merged already, AppError('merge-failed') when nothing waits at its ref.
 */
export async function mergeAgain(
  task: Task,
  onChange: (task: Task) => void,
  decisions: Decisions = {},
): Promise<MergeOutcome> {
  const { id, repoPath, merge } = task
  if (merge?.kind === 'merged') {
    throw new AppError('task-ended', `The work of task ${id} is on ${merge.branch} already`)
  }
  const signal = AbortSignal.timeout(mergeTimeoutMs)
  const commit = await requireWork(task, signal)
  const files = taskFiles(repoPath, id)
  await using record = await TaskRecord.open(files, { onChange })
  const held = await heldUnresolved(task, commit, signal)
  const outcome = held ?? (await mergeSalvaged(task, commit, signal, decisions))
  await record.add({ type: 'merge-tried', merge: outcome })
  await record.write(files.mergeResult, mergeView(id, outcome))
  await mergedThrough(record.task, onChange)
  return outcome
}
