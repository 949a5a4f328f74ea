import type { TaskId } from './task/task.ts'

/** Programs that keep requests to merge a branch, each with a REST API of its own. */
export const forges = ['github', 'gitlab', 'gitea'] as const
/** `gitea` is Forgejo, too. */
export type ForgeKind = (typeof forges)[number]

/** Where the work of a repository's tasks is asked to be merged. Every address was taken down when the user said so. */
export interface Forge {
  /** The real path of the repository's work tree. */
  readonly repoPath: string
  readonly kind: ForgeKind
  /** Of the API, without a slash at its end, as `https://api.github.com`. */
  readonly api: string
  /** What work is pushed to, as `https://github.com/OWNER/NAME.git`. */
  readonly git: string
  /** `OWNER/NAME` there; on GitLab with the groups above, where there are any. */
  readonly project: string
  /** The name of the remote whose address `git` was made of. */
  readonly remote: string
  /** The branch that requests ask to be merged into; null for the one that a task started from. */
  readonly target: string | null
  /** The name of the secret that API and git are shown. */
  readonly secret: string
  /** Tasks that ended before are no concern of it; ISO 8601, UTC. */
  readonly added: string
}

/** What a user says of where a repository's work is to wait in pull requests. */
export interface ForgeWish {
  readonly forge: ForgeKind
  /** The name of the secret that API and git are shown. */
  readonly secret: string
  /** Whose address is pushed to. */
  readonly remote: string
  readonly target?: string
  /** The address of the API. Default: what the remote tells. */
  readonly api?: string
}

export type RequestState = 'open' | 'merged' | 'closed'

/** A request as its forge told of it last. */
export interface PullRequest {
  readonly number: number
  readonly url: string
  readonly state: RequestState
}

/** What was done for one task at its forge, and is to be done. */
export interface RequestRecord {
  readonly forge: ForgeKind
  readonly project: string
  /** At the remote, without `refs/heads/`. */
  readonly branch: string
  readonly target: string
  /** What this host put on the branch, or was about to, oldest first: only what is at one of these may be replaced there. */
  readonly pushed: readonly string[]
  /** The newest commit of the task that came onto the branch; null when none has. */
  readonly brought: string | null
  /** Null while none is known. */
  readonly request: PullRequest | null
  /** The last outcome of the checks that was told, and of which commit. Null while none was. */
  readonly checked: { readonly commit: string; readonly state: 'passed' | 'failed' } | null
  /** What was said there and told here, by its id. */
  readonly heard: readonly string[]
  /** Why the last try failed; null when it did not. */
  readonly problem: string | null
  /** How often it failed since it went well. */
  readonly tries: number
  /** Nothing is tried before; ISO 8601, UTC. Null for at once. */
  readonly notBefore: string | null
}

/** Where a task's work is at the remote, without `refs/heads/`. */
export const requestBranch = (taskId: TaskId): string => `microvm/${taskId}`
