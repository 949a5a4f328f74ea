import type { UnmergedReason } from '../main/core/merge/merge.ts'
import type { TaskRow } from '../preload/live-state.ts'

export interface Advice {
  /** What happened, one sentence. */
  readonly what: string
  /** What to do next, one sentence. */
  readonly next: string
  /** What to type in the repository, when a terminal is the way; `REF` stands for the task's. */
  readonly commands: readonly string[]
  /** Whether to merge again can help, once `next` is done. */
  readonly again: boolean
}

const advice: Readonly<Record<UnmergedReason, Advice>> = {
  conflicts: {
    what: 'The same lines changed on your branch and in the task.',
    next: 'Resolve them here, file by file, or have another task do it.',
    commands: [],
    again: false,
  },
  local_changes: {
    what: 'Uncommitted files of yours are in the way.',
    next: 'Commit or stash them, then merge now.',
    commands: [],
    again: true,
  },
  operation_in_progress: {
    what: 'Your branch is in the middle of a rebase, merge, cherry-pick, revert or bisect.',
    next: 'Finish or abort it, then merge now.',
    commands: [],
    again: true,
  },
  checkout_failed: {
    what: 'Your checkout could not be moved, and is as it was.',
    next: 'Remove the cause that the detail names, then merge now.',
    commands: [],
    again: true,
  },
  names_collide: {
    what: 'Two names of the work are one name in your checkout.',
    next: 'Rename one of them at the ref, then merge now.',
    commands: [],
    again: true,
  },
  branch_gone: {
    what: 'The branch that the task started from no longer exists.',
    next: 'Merge the ref where you want it.',
    commands: ['git merge REF'],
    again: false,
  },
  detached_head: {
    what: 'No branch was checked out when the task started, so there is none to merge into.',
    next: 'Merge the ref where you want it.',
    commands: ['git merge REF'],
    again: false,
  },
  branch_moved: {
    what: 'Your branch moved each time the task was about to be merged.',
    next: 'Merge now.',
    commands: [],
    again: true,
  },
  merge_commits: {
    what: 'The task made merge commits, which a rebase would mangle.',
    next: 'Merge the ref as it is.',
    commands: ['git merge REF'],
    again: false,
  },
  fetch_failed: {
    what: "The task's commits were refused or could not be read.",
    next: 'Look at the task; its folder is kept.',
    commands: [],
    again: true,
  },
  timed_out: {
    what: 'The merge took too long.',
    next: 'Merge now.',
    commands: [],
    again: true,
  },
  awaiting_review: {
    what: 'It waits for your review.',
    next: 'Look at what it made, then accept or reject it.',
    commands: [],
    again: true,
  },
  check_failed: {
    what: "The repository's check did not succeed.",
    next: 'Read what the check printed, then accept the work all the same, or run the task again.',
    commands: [],
    again: true,
  },
  rejected: {
    what: 'You rejected it; its work is kept.',
    next: 'Clean it up with its ref, or merge it after all.',
    commands: [],
    again: true,
  },
  withdrawn: {
    what: 'You took it out while it waited to come onto the branch.',
    next: 'Merge it when it is to land after all.',
    commands: [],
    again: true,
  },
  operation_left: {
    what: 'The agent ended in the middle of a rebase, merge or the like, or left conflict markers in files.',
    next: 'Look at what it made, then accept it all the same, or run the task again.',
    commands: [],
    again: true,
  },
  held_paths: {
    what: 'It changes files that may run by themselves in your checkout: settings of editors and agents, hooks, filters.',
    next: 'Look at the files that are named, then accept or reject it.',
    commands: [],
    again: true,
  },
  awaiting_choice: {
    what: 'It is one of several attempts at the same task.',
    next: 'Compare what they made, then choose one.',
    commands: [],
    again: false,
  },
  not_chosen: {
    what: 'Another attempt was chosen in its place.',
    next: 'Clean it up with its ref, or merge it after all.',
    commands: [],
    again: true,
  },
  task_failed: {
    what: 'The task did not succeed, so nothing was merged.',
    next: 'Look at what it made, and take what is good.',
    commands: [],
    again: false,
  },
}

/** What to do about work that waits at a ref. */
export function adviceFor(row: TaskRow): Advice | null {
  const { state, ref } = row
  if (state.phase !== 'finished' || ref === null) return null
  const known = state.reason !== null && state.reason in advice ? advice[state.reason as UnmergedReason] : null
  const found = state.outcome === 'unmerged' ? known : advice.task_failed
  return found && { ...found, commands: found.commands.map((command) => command.replace('REF', ref)) }
}
