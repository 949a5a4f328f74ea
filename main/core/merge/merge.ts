import type { PathList } from '../bounded-list.ts'
import type { LandingCheck } from './check-report.ts'

/** Why finished work is not on the user's branch. Each reason names what the user can change. */
export const unmergedReasons = [
  'conflicts', // the same lines changed on both sides; `files` names them
  'local_changes', // uncommitted or ignored files in the user's checkout are in the way; `files` names them
  'checkout_failed', // the user's work tree could not be moved and is as it was; `detail` has git's or the system's own reason
  'names_collide', // two names of the new commit are one name on the checkout's file system; `files` has both
  'operation_in_progress', // the branch is in the middle of a rebase, merge, cherry-pick, revert or bisect, or another git holds a lock
  'branch_gone', // the branch that the task started from no longer exists
  'detached_head', // the task started with no branch checked out, so there is none to merge into
  'branch_moved', // lost the race for the branch twice
  'merge_commits', // the task made merge commits that a rebase would mangle
  'fetch_failed', // the clone's objects were refused or unreadable
  'timed_out',
  'awaiting_review', // the repository's policy has a person accept it
  'check_failed', // the check command of the repository's policy did not succeed
  'rejected', // a person refused it
  'withdrawn', // it was cancelled while it waited to come onto the branch, or was checked for that
  'operation_left', // the agent ended in the middle of a rebase, merge and the like, or left conflict markers; `files` names them
  'held_paths', // it changes paths that run by themselves in a user's checkout; `files` names them
  'awaiting_choice', // it is one of several attempts, and none of them was chosen yet
  'not_chosen', // another attempt was chosen in its place, or it is what a judge left
  'task_failed', // the task did not succeed, so its work waits at the ref
] as const

export type UnmergedReason = (typeof unmergedReasons)[number]

/** The outcome of bringing a task's commits onto the user's branch. */
export type MergeOutcome =
  | {
      readonly kind: 'merged'
      readonly method: 'fast-forward' | 'rebase'
      /** Commits that are now on the branch; those that became empty are not counted. */
      readonly commits: number
      readonly branch: string
      /** The branch's commit before and after. */
      readonly from: string
      readonly to: string
      /** The task that resolved its conflicts and was merged in its place. */
      readonly through?: string
      /** How many of the task's commits are not on the branch as it made them, and wait at its ref until a person drops it. */
      readonly kept?: number
      /** What a person is to know of it, one sentence each. */
      readonly notes?: readonly string[]
      /** The check of the very files that are on the branch now, where they are not those that the task itself had checked. */
      readonly check?: LandingCheck
    }
  | { readonly kind: 'unchanged'; readonly branch: string | null }
  | Unmerged

/** Its paths are relative to the repository's root; bytes that are no UTF-8 come as git quotes them. */
interface Unmerged extends PathList {
  readonly kind: 'unmerged'
  readonly reason: UnmergedReason
  /** One sentence with the detail, for a person. */
  readonly detail: string
  /** Its ref was deleted with it. */
  readonly dropped?: boolean
  /** The check of the work as it would have been on the branch, which kept it off. */
  readonly check?: LandingCheck
}

/** What salvage found in the clone and brought to `refs/tasks/ID`. */
export interface SalvagedWork {
  /** `refs/tasks/ID`, or null when the task left nothing beyond its start commit. */
  readonly ref: string | null
  readonly commit: string
  /** The agent's own commits; the WIP commit is not counted. */
  readonly commits: number
  /** Whether a last commit holds files that the agent had not committed. */
  readonly wip: boolean
  /** Paths changed between the start commit and `commit`, sorted, as many as `listBounds.changed` allows. */
  readonly filesChanged: readonly string[]
  /** How many were left out, at least; absent when none was. */
  readonly moreChanged?: number
  /** What was refused or left out while importing, one sentence each; empty when the clone was clean. */
  readonly notes: readonly string[]
  /** Everything else that the clone held beyond the start: other branches, stashes, what a reflog remembers. Bounded in number. */
  readonly also: readonly AlsoKept[]
  /** What the agent left unfinished in its work tree; such work is not merged by itself. */
  readonly left: LeftUnderWay | null
  /** Something of it could be brought nowhere and is in the clone alone; the notes say what. Absent when all of it is saved. */
  readonly unsaved?: boolean
}

/** Work beside the line that merges. It stays at its ref until that is dropped with the task's own, also after a merge. */
export interface AlsoKept {
  /** `refs/tasks/ID.also/COMMIT` of the user's repository. */
  readonly ref: string
  readonly commit: string
  /** Where it was found, in words: `branch fix`, `a stash`, `the reflog of HEAD`. */
  readonly from: string
}

/** What an agent left unfinished; its paths are those of `Markers`. */
export interface LeftUnderWay extends Markers {
  /** null when only conflict markers were left. */
  readonly operation: 'merge' | 'rebase' | 'cherry-pick' | 'revert' | null
}

/** Files with conflict markers that had none at the start. */
export interface Markers extends PathList {
  /** More files hold such lines than are looked into: the work is never called free of markers then, whatever `files` has. */
  readonly isPartial?: true
}

/** null where neither an operation nor a marker was left. Pure. */
export const leftUnderWay = (operation: LeftUnderWay['operation'], markers: Markers): LeftUnderWay | null =>
  operation === null && markers.files.length === 0 && !markers.isPartial ? null : { operation, ...markers }

/** `refs/tasks/ID` of the user's repository: where a task's work waits. */
export const taskRef = (taskId: string): string => `refs/tasks/${taskId}`

/** Where a task's work is kept as it would be on the branch, while that is checked. */
export const landingRef = (taskId: string): string => `${taskRef(taskId)}.landing`

/** Of the commit that the host makes of files which an agent left uncommitted. */
export const wipSubject = (taskId: string): string => `WIP: uncommitted work of task ${taskId}`

/** Below it lies what a task left beside its line. The names that follow are object ids: no two of them fold onto each other. */
export const alsoPrefix = (taskId: string): string => `${taskRef(taskId)}.also/`

/** What a person has allowed onto the branch: this commit, or of its commits those that are chosen. */
export interface Accepted extends Selection {
  readonly commit: string
}

/** What a reviewer takes of a task's commits. */
export interface Selection {
  /** Ids of the commits that are taken, when not all are; the rest stays at the ref. */
  readonly only?: readonly string[]
  /** New messages by commit id. */
  readonly messages?: Readonly<Record<string, string>>
}
