import { alsoPrefix, landingRef, taskRef } from '../../core/merge/merge.ts'
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
  if (onlyAt !== undefined) return await deleteRef(repoPath, taskRef(taskId), onlyAt, signal)
  if (keepAlso !== true) {
    const kept = await gitText(['for-each-ref', '--format=delete %(refname)', alsoPrefix(taskId)], user, signal)
    if (kept !== '') await gitOrThrow(['update-ref', '--stdin'], { ...user, input: `${kept}\n` }, signal)
  }
  await gitOrThrow(['update-ref', '-d', taskRef(taskId)], user, signal)
  await gitOrThrow(['update-ref', '-d', landingRef(taskId)], user, signal)
}

/** Deletes one ref, where it stands at `onlyAt` if that is given; what is missing or stands elsewhere is left as it is. */
export async function deleteRef(repoPath: string, ref: string, onlyAt?: string, signal?: AbortSignal): Promise<void> {
  const args = ['update-ref', '-d', ref, ...(onlyAt === undefined ? [] : [onlyAt])]
  await gitQuickly(args, { cwd: repoPath, trust: 'user' }, signal)
}
