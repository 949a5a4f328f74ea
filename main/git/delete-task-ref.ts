import { taskRef } from '../core/merge.ts'
import { gitOrThrow } from './git.ts'

/** Deletes `refs/tasks/ID`; a missing one is fine. Its commits stay in the object store until git prunes them. */
export async function deleteTaskRef(repoPath: string, taskId: string, signal?: AbortSignal): Promise<void> {
  await gitOrThrow(['update-ref', '-d', taskRef(taskId)], { cwd: repoPath, trust: 'user' }, signal)
}
