import { objectsOf, plainDiff } from '../changes/list-changes.ts'
import { byBytes, shownPath } from '../process/byte-path.ts'
import { GitError, type GitOptions, gitOrThrow, gitQuickly, utf8, zeroSeparated } from '../process/git.ts'

/** The lines that git puts around both sides of a conflict; with `\r` where a file ends its lines so. */
const marker = '^(<{7}|>{7})([ \r]|$)'

/** As arguments of one process. */
const mostPaths = 64

/** Files of `to` with conflict markers, where none of the commits `before` has any there; sorted. Reads objects alone. */
export async function leftMarkers(
  {
    repoPath,
    from,
    to,
    before,
  }: {
    readonly repoPath: string
    readonly from: string
    readonly to: string
    readonly before: readonly string[]
  },
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const call = await objectsOf({ repoPath }, signal)
  // Only files in which such a line came or went: in a large repository the rest is not read.
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--name-only',
    '-M',
    `-G${marker}`,
    '--diff-filter=d',
    ...plainDiff,
    from,
    to,
    '--',
  ]
  const touched = zeroSeparated((await gitOrThrow(args, call, signal)).stdout)
  if (touched.length === 0) return []
  const had = new Set(
    (await Promise.all(before.map((commit) => filesWithMarkers(commit, touched, call, signal)))).flat(),
  )
  const has = await filesWithMarkers(to, touched, call, signal)
  return has
    .filter((path) => touched.includes(path) && !had.has(path))
    .sort(byBytes)
    .map(shownPath)
}

async function filesWithMarkers(
  commit: string,
  paths: readonly string[],
  call: GitOptions,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const isText = (path: string) => Buffer.from(utf8(path)).toString('latin1') === path // An argument is UTF-8.
  const few = paths.length <= mostPaths && paths.every(isText) ? paths.map(utf8) : []
  const args = ['grep', '-z', '-l', '-I', '--no-textconv', '--no-recurse-submodules', '-E', '-e', marker, commit, '--']
  const literal: GitOptions = { ...call, env: { ...call.env, GIT_LITERAL_PATHSPECS: '1' } }
  const result = await gitQuickly([...args, ...few], literal, signal)
  if (result.exitCode !== 0 && result.exitCode !== 1) throw new GitError(args, result)
  return zeroSeparated(result.stdout).map((name) => name.slice(commit.length + 1))
}
