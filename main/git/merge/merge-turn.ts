import { pathList } from '../../core/bounded-list.ts'
import { cut } from '../../core/cut.ts'
import { AppError, messageOf } from '../../core/failure.ts'
import { type MergeOutcome, taskRef, type UnmergedReason } from '../../core/merge/merge.ts'
import { inTurn } from '../../lib/in-turn.ts'
import { OutputTooLarge } from '../../lib/processes/output-too-large.ts'
import { TooMuchChanged } from '../changes/measure-change.ts'
import { ObjectTooLarge } from '../process/objects.ts'
import { repairInTurn } from '../publish/repair-publications.ts'
import { locateRepository } from '../repository/inspect-repository.ts'
import type { RepositoryPlace } from '../repository/repository-place.ts'
import { lockMerges } from './lock-merges.ts'

/**
 * Does one thing with a repository while nobody else merges there, after what a crash cut off was repaired. What git or we refuse is an outcome.
 * @throws AppError('repository-invalid'), or the signal's reason when it fires for another cause than time.
 */
export async function inMergeTurn<Result>(
  { repoPath, taskId }: { readonly repoPath: string; readonly taskId: string },
  act: (repository: RepositoryPlace) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result | MergeOutcome> {
  try {
    return await inTurn(repoPath, async () => {
      signal?.throwIfAborted()
      const repository = await locateRepository(repoPath, signal)
      await using _lock = await lockMerges(repository.commonDirectory, signal)
      await repairInTurn(repository.commonDirectory, signal)
      return await act(repository)
    })
  } catch (error) {
    if (signal?.aborted && (signal.reason as Error | undefined)?.name === 'TimeoutError') {
      return unmerged('timed_out', 'The merge took too long and was given up')
    }
    if (signal?.aborted || error instanceof AppError) throw error
    if (error instanceof TooMuchChanged || error instanceof ObjectTooLarge || error instanceof OutputTooLarge) {
      return unmerged('fetch_failed', `${error.message}. Look at the work with care: git log ${taskRef(taskId)}`)
    }
    throw new AppError('merge-failed', `The merge failed: ${messageOf(error)}`, {
      hint: `The work waits at ${taskRef(taskId)}`,
      cause: error,
    })
  }
}

export const unmerged = (
  reason: UnmergedReason,
  detail: string,
  files: readonly string[] = [],
): Extract<MergeOutcome, { kind: 'unmerged' }> => ({
  kind: 'unmerged',
  reason,
  ...pathList(files),
  detail: cut(detail, longestDetail),
})

/** It may have two paths, or git's own words on one. */
const longestDetail = 4000
