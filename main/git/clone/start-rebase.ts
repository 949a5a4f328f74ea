import { GitError, type GitOptions, git, gitOrThrow } from '../process/git.ts'

/**
 * Has a clone of ours, that no guest has seen yet, stand where `git rebase` of the commits onto its HEAD stops: with both sides in the
 * conflicting files. Where nothing collides the rebase is done.
 */
export async function startRebase(
  {
    workspace,
    taskId,
    startCommit,
    commit,
  }: { readonly workspace: string; readonly taskId: string; readonly startCommit: string; readonly commit: string },
  signal?: AbortSignal,
): Promise<void> {
  const clone: GitOptions = { cwd: workspace, trust: 'none', env: { GIT_EDITOR: 'true' } }
  const onto = (await gitOrThrow(['rev-parse', 'HEAD'], clone, signal)).stdout.trim()
  await gitOrThrow(['checkout', '--quiet', '-B', `task-${taskId}`, commit], clone, signal)
  const args = ['rebase', '--quiet', '--onto', onto, startCommit]
  const result = await git(args, { ...clone, input: '' }, signal)
  if (result.exitCode !== 0 && result.exitCode !== 1) throw new GitError(args, result)
}
