import { byBytes, shownPath } from '../process/byte-path.ts'
import { GitError, type GitOptions, gitQuickly } from '../process/git.ts'
import { recordsOf, streamGit } from '../process/stream-git.ts'

const mostFiles = 100

/**
 * Files of a commit that hold both markers of a conflict and held none at the start. Only files that differ are looked into; larger
 * ones than anybody edits by hand are not.
 */
export async function findMarkers(
  { startCommit, commit }: { readonly startCommit: string; readonly commit: string },
  options: GitOptions,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  if (commit === startCommit) return []
  const candidates: string[] = []
  const args = ['diff-tree', '-r', '-z', '--name-only', '-M', '-l400', '--no-ext-diff', '--no-textconv']
  await using listing = streamGit(
    [...args, '-G^(<{7}|>{7}) ', startCommit, commit],
    { ...options, config: ['core.bigFileThreshold=16m'] },
    signal,
  )
  for await (const path of recordsOf(listing.stdout, '\0', { bytes: 64 * 1024 ** 2 })) {
    candidates.push(path)
    if (candidates.length === mostFiles) break
  }
  if (candidates.length === 0) {
    await listing.succeeded()
    return []
  }
  const [opened, closed, before] = await Promise.all([
    filesWith('^<{7} ', commit, candidates, options, signal),
    filesWith('^>{7} ', commit, candidates, options, signal),
    filesWith('^(<{7}|>{7}) ', startCommit, candidates, options, signal),
  ])
  return [...opened]
    .filter((path) => closed.has(path) && !before.has(path))
    .sort(byBytes)
    .map(shownPath)
}

async function filesWith(
  pattern: string,
  commit: string,
  paths: readonly string[],
  options: GitOptions,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  // An argument is text: a path of other bytes is compared among all.
  const isText = (path: string) => Buffer.from(Buffer.from(path, 'latin1').toString('utf8')).toString('latin1') === path
  const named = paths.every(isText) ? paths.map((path) => `:(top,literal)${Buffer.from(path, 'latin1')}`) : []
  const args = ['grep', '-z', '-l', '-I', '--no-textconv', '--no-recurse-submodules', '-E', '-e', pattern, commit, '--']
  const result = await gitQuickly([...args, ...named], options, signal)
  if (result.exitCode !== 0 && result.exitCode !== 1) throw new GitError(args, result)
  return new Set(
    result.stdout
      .split('\0')
      .filter((name) => name !== '')
      .map((name) => name.slice(commit.length + 1)),
  )
}
