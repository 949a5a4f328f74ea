import { AppError } from '../../core/failure.ts'
import type { MergeView } from '../../core/task/view.ts'

/** What became of a merge. @throws AppError('merge-failed') with the reason when it did not happen. */
export function mergedText(result: MergeView): string {
  if (result.merged) {
    return result.method === 'none' ? 'Nothing was left to merge' : `Merged: ${result.commits} on ${result.branch}`
  }
  throw new AppError('merge-failed', `Not merged (${result.reason}): ${result.detail}`, {
    hint: `The work waits at ${result.task_ref}`,
  })
}
