import type { GitOptions } from '../process/git.ts'
import { checkObjects, type ObjectLimits, objectLimits } from './check-objects.ts'

/** Bytes that one file, and all files that a task left, may have. */
export const sizeLimits: Pick<ObjectLimits, 'file' | 'total'> = objectLimits

/**
 * Looks at the sizes of what a commit brings beyond the start, before anything of it is checked out.
 * @returns what is too large, or undefined.
 */
export async function findOversized(
  { commit, startCommit }: { readonly commit: string; readonly startCommit: string },
  options: GitOptions,
  limits: Partial<ObjectLimits> = {},
  signal?: AbortSignal,
): Promise<string | undefined> {
  const range = { ids: [commit], startCommit }
  return (await checkObjects(range, options, { limits: { ...objectLimits, ...limits } }, signal)).problem
}
