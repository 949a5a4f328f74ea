import { gitText } from '../process/git.ts'

/** How many commits of `to` `from` does not reach, merges left out. */
export async function countCommits(
  { repoPath, from, to }: { readonly repoPath: string; readonly from: string; readonly to: string },
  signal?: AbortSignal,
): Promise<number> {
  const args = ['rev-list', '--count', '--no-merges', to, `^${from}`]
  return Number(await gitText(args, { cwd: repoPath, trust: 'user' }, signal))
}
