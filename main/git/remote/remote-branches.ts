import { GitError, gitQuickly } from '../process/git.ts'
import { overHttp, type RemoteAccess } from './over-http.ts'

/** The commits of these branches at the remote, by their names without `refs/heads/`; one that is not there is left out. @throws GitError when it cannot be asked. */
export async function remoteBranches(
  repoPath: string,
  access: RemoteAccess,
  branches: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const args = ['ls-remote', '--refs', access.url, ...branches.map((name) => `refs/heads/${name}`)]
  const result = await gitQuickly(args, overHttp(repoPath, access), signal)
  if (result.exitCode !== 0) throw new GitError(args, result)
  // A pattern of `ls-remote` also fits names that only end like it.
  const lines = result.stdout.split('\n').map((line) => /^([0-9a-f]{40,64})\trefs\/heads\/(.+)$/.exec(line))
  const found = lines.flatMap((line) => (line?.[1] && line[2] ? [[line[2], line[1]] as const] : []))
  return new Map(found.filter(([name]) => branches.includes(name)))
}
