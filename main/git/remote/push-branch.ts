import { GitError, gitQuickly, utf8 } from '../process/git.ts'
import { overHttp, type RemoteAccess } from './over-http.ts'

/** What became of one push. `moved`: the branch was not where it was said to be, and is left as it is. */
export type Pushed =
  | { readonly kind: 'pushed' }
  | { readonly kind: 'moved' }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Puts one branch of the remote at a commit of the repository, and nothing else.
 * @param from where the branch is there; null when it must not be there yet. It is replaced from nowhere else.
 * @throws GitError when the remote cannot be asked.
 */
export async function pushBranch(
  repoPath: string,
  access: RemoteAccess,
  { branch, commit, from }: { readonly branch: string; readonly commit: string; readonly from: string | null },
  signal?: AbortSignal,
): Promise<Pushed> {
  const ref = `refs/heads/${branch}`
  const args = [
    ...['push', '--porcelain', '--no-verify', `--force-with-lease=${ref}:${from ?? ''}`],
    ...[access.url, `${commit}:${ref}`],
  ]
  const result = await gitQuickly(args, overHttp(repoPath, access), signal)
  if (result.exitCode === 0) return { kind: 'pushed' }
  const refused = /^!\t[^\t]*\t(.*)$/m.exec(result.stdout)?.[1]
  if (refused === undefined) throw new GitError(args, result)
  if (refused.includes('(stale info)')) return { kind: 'moved' }
  const said = utf8(result.stderr)
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
  return { kind: 'refused', reason: [utf8(refused), ...said.slice(0, 8)].join(' ') }
}
