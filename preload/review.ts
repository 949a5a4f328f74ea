import type { CheckReport } from '../main/core/merge/check-report.ts'
import type { MergePolicy } from '../main/core/merge/merge-policy.ts'
import type { ChangedFile, Changes } from './task-details.ts'

/** What waits at a task's ref. `review`, `conflicts` and what follows of them fail with 'merge-failed' where nothing waits. */
export interface Review {
  readonly branch: string | null
  readonly startCommit: string
  /** What is at the ref now. */
  readonly commit: string
  readonly policy: MergePolicy
  readonly check: CheckReport | null
  /** Oldest first, at most 1,000. */
  readonly commits: Changes['commits']
  /** Against the start; at most 2,000, `fileCount` counts all. */
  readonly files: readonly ChangedFile[]
  readonly fileCount: number
  /** What a merge would do to the branch as it is now. */
  readonly onBranch:
    | { readonly kind: 'merges'; readonly files: readonly ChangedFile[]; readonly fileCount: number }
    | { readonly kind: 'conflicts'; readonly files: readonly string[] }
    | { readonly kind: 'impossible'; readonly why: 'branch_gone' | 'merge_commits' }
}

export interface ReviewedCommit {
  readonly message: string
  /** Against the commit before; at most 2,000, `fileCount` counts all. */
  readonly files: readonly ChangedFile[]
  readonly fileCount: number
}
