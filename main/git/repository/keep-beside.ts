import { alsoPrefix } from '../../core/merge/merge.ts'
import { gitOrThrow } from '../process/git.ts'

/** Keeps a commit of the user's repository below `refs/tasks/ID.also/`. Can be repeated. */
export async function keepBeside(repoPath: string, taskId: string, commit: string): Promise<void> {
  const ref = `${alsoPrefix(taskId)}${commit}`
  await gitOrThrow(['update-ref', ref, commit], { cwd: repoPath, trust: 'user' })
}
