import { byBytes, shownPath } from '../process/byte-path.ts'
import type { GitOptions } from '../process/git.ts'
import { OutputLimitError, recordsOf, streamGit } from '../process/stream-git.ts'

/** More paths than anybody reads, and more bytes of them: they go into the task's record. */
const filesLimit = 10_000
const bytesLimit = 1024 ** 2

/** Paths that differ between two commits' trees, sorted: at most `filesLimit`, the first that git names where there are more. */
export async function changedFiles(
  options: GitOptions,
  from: string,
  to: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', from, to]
  await using listing = streamGit(args, options, signal)
  const paths: string[] = []
  try {
    for await (const path of recordsOf(listing.stdout, '\0', { bytes: bytesLimit, recordBytes: bytesLimit })) {
      paths.push(path)
      if (paths.length === filesLimit) break
    }
  } catch (error) {
    if (!(error instanceof OutputLimitError)) throw error
    return shown(paths)
  }
  if (paths.length < filesLimit) await listing.succeeded()
  return shown(paths)
}

const shown = (paths: readonly string[]) => paths.toSorted(byBytes).map(shownPath)
