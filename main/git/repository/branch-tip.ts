import { resolveRevision } from './resolve-revision.ts'

/** The commit that a branch is at; null when there is no such branch. */
export const branchTip = (repoPath: string, branch: string, signal?: AbortSignal): Promise<string | null> =>
  resolveRevision(repoPath, `refs/heads/${branch}^{commit}`, signal)
