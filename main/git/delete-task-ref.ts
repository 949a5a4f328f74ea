import { taskRef } from '../core/merge.ts'
import { gitOrThrow, gitQuickly } from './git.ts'

/** Deletes `refs/tasks/ID`; a missing one is fine. Its commits stay in the object store until git prunes them. */
export async function deleteTaskRef(
  repoPath: string,
  taskId: string,
  options: { /** Left as it is where it stands elsewhere. */ readonly onlyAt?: string } = {},
  signal?: AbortSignal,
): Promise<void> {
  const { onlyAt } = options
  if (onlyAt !== undefined) {
    await gitQuickly(['update-ref', '-d', taskRef(taskId), onlyAt], { cwd: repoPath, trust: 'user' }, signal)
    return
  }
  await gitOrThrow(['update-ref', '-d', taskRef(taskId)], { cwd: repoPath, trust: 'user' }, signal)
}
