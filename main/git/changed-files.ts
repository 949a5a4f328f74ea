import { byBytes, shownPath } from './byte-path.ts'
import { type GitOptions, gitOrThrow, zeroSeparated } from './git.ts'

/** More paths than anybody reads. */
export const filesLimit = 10_000

/** Paths that differ between two commits' trees, sorted, at most `filesLimit`. */
export async function changedFiles(
  options: GitOptions,
  from: string,
  to: string,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const args = ['diff-tree', '-r', '-z', '--name-only', '--no-renames', '--no-ext-diff', from, to]
  const { stdout } = await gitOrThrow(args, options, signal)
  return zeroSeparated(stdout).sort(byBytes).slice(0, filesLimit).map(shownPath)
}
