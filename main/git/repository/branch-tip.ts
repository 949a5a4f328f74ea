import { gitQuickly } from '../process/git.ts'

/** The commit that a branch is at; null when there is no such branch. */
export async function branchTip(repoPath: string, branch: string, signal?: AbortSignal): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`]
  const { exitCode, stdout } = await gitQuickly(args, { cwd: repoPath, trust: 'user' }, signal)
  return exitCode === 0 ? stdout.trim() : null
}

/** The tree of files of a commit; null when there is no such commit. */
export async function treeAt(repoPath: string, commit: string, signal?: AbortSignal): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', `${commit}^{tree}`]
  const { exitCode, stdout } = await gitQuickly(args, { cwd: repoPath, trust: 'user' }, signal)
  return exitCode === 0 ? stdout.trim() : null
}
