import { gitQuickly } from '../process/git.ts'

/** The id of the object that a revision of the user's repository stands for, as `NAME^{commit}`; null where it stands for none. */
export async function resolveRevision(
  repoPath: string,
  revision: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', revision]
  const { exitCode, stdout } = await gitQuickly(args, { cwd: repoPath, trust: 'user' }, signal)
  return exitCode === 0 ? stdout.trim() : null
}
