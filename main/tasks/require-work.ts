import { AppError } from '../core/failure.ts'
import { taskRef } from '../core/merge.ts'
import type { Task } from '../core/task.ts'
import { readTaskRef } from '../git/read-task-ref.ts'

/** The commit at the task's ref, which may be another than salvage left. @throws AppError('merge-failed') when none is there. */
export async function requireWork({ id, repoPath }: Task, signal?: AbortSignal): Promise<string> {
  const commit = await readTaskRef(repoPath, id, signal)
  if (commit !== null) return commit
  throw new AppError('merge-failed', `Nothing waits at ${taskRef(id)}`, {
    hint: 'The task left no work, or the ref was deleted',
  })
}
