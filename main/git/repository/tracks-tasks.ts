import { gitOrThrow } from '../process/git.ts'

/** In any case of letters. */
const pathspec = ':(top,icase).microvm'

/** Whether the repository itself has files below `.microvm/`: what lies there comes from a commit. */
export async function tracksTasks(repoPath: string, signal?: AbortSignal): Promise<boolean> {
  const args = ['ls-files', '--cached', '-z', '--', pathspec]
  const { stdout } = await gitOrThrow(args, { cwd: repoPath, trust: 'user' }, signal)
  return stdout.length > 0
}

/** Whether any commit that a ref reaches has, or had, files there. Looks at the whole history. */
export async function keptInHistory(repoPath: string, signal?: AbortSignal): Promise<boolean> {
  if (await tracksTasks(repoPath, signal)) return true
  const args = ['log', '--all', '--reflog', '--full-history', '--max-count=1', '--format=%H', '--', pathspec]
  const { stdout } = await gitOrThrow(args, { cwd: repoPath, trust: 'user' }, signal)
  return stdout.length > 0
}
