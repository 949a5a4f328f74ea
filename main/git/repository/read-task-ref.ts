import { alsoPrefix, taskRef } from '../../core/merge/merge.ts'
import { gitText } from '../process/git.ts'
import { resolveRevision } from './resolve-revision.ts'

/** The commit at `refs/tasks/ID`, or null when the task left none there. */
export const readTaskRef = (repoPath: string, taskId: string, signal?: AbortSignal): Promise<string | null> =>
  resolveRevision(repoPath, `${taskRef(taskId)}^{commit}`, signal)

/** How many refs hold what the task left beside its line. */
export async function countAlsoRefs(repoPath: string, taskId: string, signal?: AbortSignal): Promise<number> {
  const refs = await gitText(
    ['for-each-ref', '--format=%(refname)', alsoPrefix(taskId)],
    { cwd: repoPath, trust: 'user' },
    signal,
  )
  return refs === '' ? 0 : refs.split('\n').length
}
