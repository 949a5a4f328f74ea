import type { Range } from '../list-changes.ts'

/** Changed paths that run by themselves in a user's checkout, sorted. */
export async function findHeldPaths(
  _range: Range,
  _edits: readonly string[],
  _signal?: AbortSignal,
): Promise<readonly string[]> {
  return []
}
