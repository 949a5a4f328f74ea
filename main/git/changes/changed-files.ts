import { BoundedList, type PathList } from '../../core/bounded-list.ts'
import { listBounds } from '../../core/bounds.ts'
import { shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import { OutputLimitError, recordsOf, streamGit } from '../process/stream-git.ts'

/** What is counted at most of those that are left out: trees within trees can name files without end. */
const mostBytes = 256 * 1024 ** 2

/** Paths that differ between two commits' trees, in the order of their bytes, and how many more there are, at least. */
export async function changedFiles(
  options: GitOptions,
  from: string,
  to: string,
  signal?: AbortSignal,
): Promise<PathList> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', from, to]
  await using listing = streamGit(args, options, signal)
  const list = new BoundedList(listBounds.changed)
  try {
    for await (const path of recordsOf(listing.stdout, '\0', { bytes: mostBytes, recordBytes: mostBytes }))
      list.add(shownPath(path))
  } catch (error) {
    if (!(error instanceof OutputLimitError)) throw error
    return list.list
  }
  await listing.succeeded()
  return list.list
}
