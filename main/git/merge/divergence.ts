import { GitError, type GitOptions, gitQuickly } from '../process/git.ts'

/** Commits that only one of a branch and a task's work has. */
export interface Apart {
  readonly inBranch: number
  /** The oldest first. */
  readonly inWork: readonly string[]
  /** Commits of both on which those of one of them were made. */
  readonly shared: ReadonlySet<string>
}

/** How far a branch's tip and a commit have gone apart. Null when there is no such commit in the repository. */
export async function listApart(
  user: GitOptions,
  tip: string,
  commit: string,
  signal?: AbortSignal,
): Promise<Apart | null> {
  const args = ['rev-list', '--left-right', '--boundary', '--reverse', '--topo-order', `${tip}...${commit}`]
  const result = await gitQuickly(args, user, signal)
  if (result.exitCode !== 0) {
    const present = await gitQuickly(['cat-file', '-e', `${commit}^{commit}`], user, signal)
    if (present.exitCode !== 0) return null
    throw new GitError(args, result)
  }
  return parseApart(result.stdout)
}

/** The output of `rev-list --left-right --boundary`: a sign before each commit. Pure. */
function parseApart(output: string): Apart {
  const marked = (sign: string) => output.split('\n').flatMap((line) => (line.startsWith(sign) ? [line.slice(1)] : []))
  return { inBranch: marked('<').length, inWork: marked('>'), shared: new Set(marked('-')) }
}
