import { BoundedList, noPaths, type PathList } from '../../core/bounded-list.ts'
import { byBytes, shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import { recordsOf, streamGit } from '../process/stream-git.ts'
import { objectsOf, plainDiff, type Range } from './list-changes.ts'

/** Of a list of paths; a longer one is an error. */
const mostBytes = 1024 ** 3
/** A repository with more kinds of files than this has no usual ones. */
const mostKinds = 100_000

/**
 * Added files that are unlike those that were there: in a folder at the top that is new, or with an ending that no file had (without one, a name). Sorted. What is
 * unusual is for a reader to look at first, and no fault. None where there were no files at all. Reads objects alone.
 */
export async function findUnusualPaths(range: Range, signal?: AbortSignal): Promise<PathList> {
  if (range.from === range.to) return noPaths
  const call = await objectsOf(range, signal)
  const usual = new Set<string>()
  for await (const path of namesOf(['ls-tree', '-r', '-z', '--name-only', '--full-tree', range.from], call, signal)) {
    for (const kind of kindsOf(path)) usual.add(kind)
    if (usual.size > mostKinds) return noPaths
  }
  if (usual.size === 0) return noPaths
  const found = new BoundedList()
  const added = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--diff-filter=A', ...plainDiff]
  for await (const path of namesOf([...added, range.from, range.to, '--'], call, signal)) {
    if (kindsOf(path).some((kind) => !usual.has(kind))) found.add(shownPath(path))
  }
  const { files, ...rest } = found.list
  return { files: files.toSorted(byBytes), ...rest }
}

/** A character a byte. */
async function* namesOf(args: readonly string[], call: GitOptions, signal?: AbortSignal): AsyncGenerator<string> {
  await using git = streamGit(args, call, signal)
  yield* recordsOf(git.stdout, '\0', { bytes: mostBytes })
  await git.succeeded()
}

/** The folder at the top, where it lies in one, and the ending. */
function kindsOf(path: string): readonly string[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.lastIndexOf('.')
  const ending = `*${(dot > 0 ? name.slice(dot) : name).toLowerCase()}`
  const top = path.indexOf('/')
  return top < 0 ? [ending] : [`${path.slice(0, top)}/`, ending]
}
