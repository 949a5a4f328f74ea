import { alsoPrefix, taskRef } from '../../core/merge/merge.ts'
import { gitQuickly, gitText } from '../process/git.ts'

/** The commit at `refs/tasks/ID`, or null when the task left none there. */
export async function readTaskRef(repoPath: string, taskId: string, signal?: AbortSignal): Promise<string | null> {
  const result = await gitQuickly(
    ['rev-parse', '--verify', '--quiet', `${taskRef(taskId)}^{commit}`],
    { cwd: repoPath, trust: 'user' },
    signal,
  )
  return result.exitCode === 0 ? result.stdout.trim() : null
}

/** How many refs hold what the task left beside its line. */
export async function countAlsoRefs(repoPath: string, taskId: string, signal?: AbortSignal): Promise<number> {
  const refs = await gitText(
    ['for-each-ref', '--format=%(refname)', alsoPrefix(taskId)],
    { cwd: repoPath, trust: 'user' },
    signal,
  )
  return refs === '' ? 0 : refs.split('\n').length
}
