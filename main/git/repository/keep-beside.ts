import { alsoPrefix } from '../../core/merge/merge.ts'
import { gitOrThrow } from '../process/git.ts'
import { startingPoint } from './refs.ts'

/** Keeps a commit of the user's repository below `refs/tasks/ID.also/`. Can be repeated. */
export async function keepBeside(repoPath: string, taskId: string, commit: string): Promise<void> {
  const ref = `${alsoPrefix(taskId)}${commit}`
  await gitOrThrow(['update-ref', ref, commit], { cwd: repoPath, trust: 'user' })
}

/** The commit that a revision of the user's repository stands for; null where it stands for none. */
export async function commitAt(repoPath: string, revision: string): Promise<string | null> {
  return (await startingPoint({ cwd: repoPath, trust: 'user' }, revision))?.commit ?? null
}
