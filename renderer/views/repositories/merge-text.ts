import { mergePolicyText } from '../../../main/core/merge/merge-policy.ts'
import type { RepositoryRow } from '../../../preload/live-state.ts'

/** How the work of a repository's tasks is merged, as the end of a sentence. */
export const mergeText = ({ mergePolicy, pullRequests }: RepositoryRow): string =>
  `${mergePolicyText(mergePolicy)}${pullRequests === undefined ? '' : `, in pull requests of ${pullRequests}`}`
