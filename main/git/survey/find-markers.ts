import { BoundedList } from '../../core/bounded-list.ts'
import type { Markers } from '../../core/merge/merge.ts'
import { objectsOf, plainDiff } from '../changes/list-changes.ts'
import { byBytes, isTextPath, shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import { GitError } from '../process/git.ts'
import { type Limits, OutputLimitError, recordsOf, streamGit } from '../process/stream-git.ts'

/** The lines that git puts around both sides of a conflict; with `\r` where a file ends its lines so. */
const marker = '^(<{7}|>{7})([ \r]|$)'

/** Files in which such lines come or go that are looked into. */
export interface MarkerLimits {
  readonly count: number
  readonly bytes: number
}
const usual: MarkerLimits = { count: 20_000, bytes: 8 * 1024 ** 2 }

/** As arguments of one process. */
const mostPaths = 64

interface Commits {
  readonly from: string
  readonly to: string
  /** Those where a file that has markers may have had them: the start, and what a resolver was given beside it. */
  readonly before: readonly string[]
}

/**
 * Files of `to` that hold a conflict marker, where none of the commits `before` has any there; sorted. Only files in which such a line
 * came or went are looked into, and of these none that is larger than anybody edits by hand. Where they are more than the limits
 * say, the answer is partial.
 */
export async function findMarkers(
  { from, to, before }: Commits,
  call: GitOptions,
  signal?: AbortSignal,
  limits: MarkerLimits = usual,
): Promise<Markers> {
  if (from === to) return { files: [] }
  const options: GitOptions = { ...call, config: [...(call.config ?? []), 'core.bigFileThreshold=16m'] }
  const args = ['diff-tree', '-r', '-z', '--name-only', '-M', '-l400', `-G${marker}`, '--diff-filter=d', ...plainDiff]
  const { paths: touched, isWhole } = await listed([...args, from, to, '--'], options, limits, signal)
  if (touched.size === 0) return isWhole ? { files: [] } : { files: [], isPartial: true }
  const had = new Set<string>()
  for (const commit of before) {
    const { paths } = await withMarkers(commit, touched, options, signal)
    for (const path of paths) had.add(path)
  }
  const has = await withMarkers(to, touched, options, signal)
  const list = new BoundedList()
  for (const path of [...has.paths].sort(byBytes)) if (!had.has(path)) list.add(shownPath(path))
  return { ...list.list, ...(!(isWhole && has.isWhole) && { isPartial: true }) }
}

/** The same in a repository of the user's. Reads objects alone. */
export async function findMarkersIn(
  { repoPath, ...commits }: Commits & { readonly repoPath: string },
  signal?: AbortSignal,
): Promise<Markers> {
  return await findMarkers(commits, await objectsOf({ repoPath }, signal), signal)
}

interface Listed {
  readonly paths: ReadonlySet<string>
  readonly isWhole: boolean
}

/** Those of the paths that hold a marker in a commit. */
async function withMarkers(
  commit: string,
  paths: ReadonlySet<string>,
  call: GitOptions,
  signal?: AbortSignal,
): Promise<Listed> {
  const few =
    paths.size <= mostPaths && [...paths].every(isTextPath) // One that cannot be an argument is looked for among all.
      ? [...paths].map((path) => Buffer.from(path, 'latin1').toString())
      : []
  const args = ['grep', '-z', '-l', '-I', '--no-textconv', '--no-recurse-submodules', '-E', '-e', marker, commit, '--']
  const literal: GitOptions = { ...call, env: { ...call.env, GIT_LITERAL_PATHSPECS: '1' } }
  // Every file of the commit may hold such a line: those that are not asked for cost nothing here.
  const limits = { count: paths.size, bytes: 256 * 1024 ** 2 }
  const wanted = (name: string) => {
    const path = name.slice(commit.length + 1)
    return paths.has(path) ? path : null
  }
  return await listed([...args, ...few], literal, limits, signal, { wanted, empty: 1 })
}

/** The paths that git lists, read as they come, as far as the limits go. `empty` is the status with which it says that there are none. */
async function listed(
  args: readonly string[],
  call: GitOptions,
  { count, bytes }: MarkerLimits & Limits,
  signal?: AbortSignal,
  { wanted, empty }: { readonly wanted?: (name: string) => string | null; readonly empty?: number } = {},
): Promise<Listed> {
  await using stream = streamGit(args, call, signal)
  const paths = new Set<string>()
  try {
    for await (const name of recordsOf(stream.stdout, '\0', { bytes })) {
      const path = wanted ? wanted(name) : name
      if (path === null) continue
      if (paths.size === count) return { paths, isWhole: false }
      paths.add(path)
    }
  } catch (error) {
    if (!(error instanceof OutputLimitError)) throw error
    return { paths, isWhole: false }
  }
  try {
    await stream.succeeded()
  } catch (error) {
    if (!(error instanceof GitError) || error.result.exitCode !== empty) throw error
  }
  return { paths, isWhole: true }
}
