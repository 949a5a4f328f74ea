import { type GitOptions, gitOrThrow, gitText } from '../process/git.ts'

/**
 * Those of the commits that no ref of the repository reaches, the refs of these names or patterns left out; what is not in the repository
 * is reached by none.
 * @throws GitError where git cannot walk its history.
 */
export async function notReached(
  repository: string,
  commits: readonly string[],
  leftOut: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if (commits.length === 0) return []
  const user: GitOptions = { cwd: repository, trust: 'user' }
  const lines = (ids: readonly string[]) => ids.map((id) => `${id}\n`).join('')
  const asked = await gitText(['cat-file', '--batch-check'], { ...user, input: lines(commits) }, signal)
  const kinds = asked.split('\n')
  const present = commits.filter((_, index) => / commit \d+$/.test(kinds[index] ?? ''))
  if (present.length === 0) return commits
  const excluded = leftOut.map((pattern) => `--exclude=${pattern}`)
  const args = ['rev-list', '--stdin', '--not', ...excluded, '--all']
  const walked = await gitOrThrow(args, { ...user, input: lines(present) }, signal)
  const unreached = new Set(walked.stdout.split('\n'))
  const reached = new Set(present.filter((id) => !unreached.has(id)))
  return commits.filter((id) => !reached.has(id))
}
