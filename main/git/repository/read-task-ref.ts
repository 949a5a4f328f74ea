import { taskRef } from '../../core/merge/merge.ts'
import { gitQuickly } from '../process/git.ts'

/** The commit at `refs/tasks/ID`, or null when the task left none there. */
export async function readTaskRef(repoPath: string, taskId: string, signal?: AbortSignal): Promise<string | null> {
  const result = await gitQuickly(
    ['rev-parse', '--verify', '--quiet', `${taskRef(taskId)}^{commit}`],
    { cwd: repoPath, trust: 'user' },
    signal,
  )
  return result.exitCode === 0 ? result.stdout.trim() : null
}
