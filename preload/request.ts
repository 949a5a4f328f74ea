import type { ForgeKind, PullRequest } from '../main/core/pull-request.ts'

/** The request for a task's work at the forge of its repository. */
export interface RequestView {
  readonly forge: ForgeKind
  readonly project: string
  readonly branch: string
  readonly target: string
  /** Null while none is known. */
  readonly request: PullRequest | null
  /** How the checks of its newest commit ended; null where none were told. */
  readonly checks: 'passed' | 'failed' | null
  /** Names of those that failed, a stranger's words; null where there are none. */
  readonly failedChecks: string | null
  /** Why the last try failed; null when it did not. */
  readonly problem: string | null
  /** Nothing is tried before; ISO 8601, UTC. */
  readonly notBefore: string | null
  /** Oldest first. What strangers wrote, with who and where, cut. */
  readonly comments: readonly RequestComment[]
}

interface RequestComment {
  readonly id: string
  /** When this host heard of it; ISO 8601, UTC. */
  readonly at: string
  readonly said: string
}
