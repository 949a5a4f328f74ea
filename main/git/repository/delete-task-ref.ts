import { alsoPrefix, taskRef } from '../../core/merge/merge.ts'
import { gitOrThrow, gitQuickly, gitText } from '../process/git.ts'

/**
 * Deletes `refs/tasks/ID` and what was kept beside it below `refs/tasks/ID.also/`; what is missing is fine. The commits stay in the
 * object store until git prunes them.
 */
export async function deleteTaskRef(
  repoPath: string,
  taskId: string,
  options: {
    /** `refs/tasks/ID` alone, and left as it is where it stands elsewhere. */ readonly onlyAt?: string
    /** `refs/tasks/ID` alone. */ readonly keepAlso?: boolean
  } = {},
  signal?: AbortSignal,
): Promise<void> {
  const { onlyAt, keepAlso } = options
  const user = { cwd: repoPath, trust: 'user' } as const
  if (onlyAt !== undefined) {
    await gitQuickly(['update-ref', '-d', taskRef(taskId), onlyAt], user, signal)
    return
  }
  if (keepAlso !== true) {
    const kept = await gitText(['for-each-ref', '--format=delete %(refname)', alsoPrefix(taskId)], user, signal)
    if (kept !== '') await gitOrThrow(['update-ref', '--stdin'], { ...user, input: `${kept}\n` }, signal)
  }
  await gitOrThrow(['update-ref', '-d', taskRef(taskId)], user, signal)
}
