import { AppError } from '../../core/failure.ts'
import { taskRef } from '../../core/merge/merge.ts'
import type { Task } from '../../core/task/task.ts'
import { readTaskRef } from '../../git/repository/read-task-ref.ts'

/** The commit at the task's ref, which may be another than salvage left. @throws AppError('task-ended') when it was merged, 'merge-failed' when none is there. */
export async function requireWork({ id, repoPath, merge }: Task, signal?: AbortSignal): Promise<string> {
  const commit = await readTaskRef(repoPath, id, signal)
  if (commit !== null) return commit
  if (merge?.kind === 'merged') {
    throw new AppError('task-ended', `The work of task ${id} is on ${merge.branch} already`, {
      hint: `git -C '${repoPath}' log ${merge.branch} shows it`,
    })
  }
  throw new AppError('merge-failed', `Nothing waits at ${taskRef(id)}`, {
    hint: 'The task left no work, or the ref was deleted',
  })
}
