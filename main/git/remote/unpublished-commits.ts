import { gitText } from '../process/git.ts'

/** How many commits up to this one the remote does not have on any branch that is known here, or on the one whose commit is given. */
export async function countUnpublished(
  repoPath: string,
  { commit, remote, tip }: { readonly commit: string; readonly remote: string; readonly tip: string },
  signal?: AbortSignal,
): Promise<number> {
  // The remote's own tip may not have been fetched.
  const args = ['rev-list', '--count', '--ignore-missing', commit, '--not', `--remotes=${remote}`, tip]
  return Number(await gitText(args, { cwd: repoPath, trust: 'user' }, signal))
}
