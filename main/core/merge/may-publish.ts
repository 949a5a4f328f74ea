import { countOf, noPaths, type PathList, pathsOf } from '../bounded-list.ts'
import { unreachable } from '../unreachable.ts'
import { type CheckReport, succeeded, whyNot } from './check-report.ts'
import { type LeftUnderWay, taskRef, type UnmergedReason } from './merge.ts'
import { type CheckPolicy, type MergePolicy, stricterPolicy } from './merge-policy.ts'

/** Who asks: the repository's policy at the end of a task or at a prune by date, an MCP client, or a person at the command line or the window. */
export type By = 'policy' | 'client' | 'person'

/** What is to be done with work that waits: bring it onto the branch, delete the task's folder alone, or delete the only copy of it. */
export type Act = 'merge' | 'clean-up' | 'drop'

/** What a task left, as far as it decides what may become of it. */
export interface WaitingWork {
  readonly taskId: string
  /** Commits of the task are at its ref, or in its clone alone, and not on the branch. */
  readonly waits: boolean
  readonly succeeded: boolean
  /** The policy when the task was made, and the repository's now; null when it is registered no more. */
  readonly policies: { readonly recorded: MergePolicy; readonly current: MergePolicy | null }
  /** What the recorded policy's command reported; null when it was not run on exactly this work. */
  readonly check: CheckReport | null
  /** An operation of git that the agent left under way, or conflict markers. */
  readonly left: LeftUnderWay | null
  /** Changed paths that run by themselves in a user's checkout. */
  readonly held: PathList
  /** What a person has decided of exactly this work. */
  readonly decided: 'accepted' | 'rejected' | null
  /** Of one of several attempts: none of them was chosen yet, this one was, or another one; `judge`: it chooses among attempts, and its own work is none. */
  readonly choice: 'none' | 'open' | 'chosen' | 'other' | 'judge'
  /** Commits that a merge of this task left out or changed: they are at its ref alone. */
  readonly kept: number
  /** How many refs hold what the task left beside its line. They are never merged, and go only with the task's own. */
  readonly beside: number
}

export type Verdict =
  | {
      readonly kind: 'yes'
      /** What has to succeed on the very files that come onto the branch, before it moves; null where nothing has to. */
      readonly check: CheckPolicy | null
    }
  | {
      readonly kind: 'no'
      readonly reason: UnmergedReason
      readonly paths: PathList
      /** One sentence, for a person. */
      readonly detail: string
    }

const yes: Verdict = { kind: 'yes', check: null }

/**
 * The one place that decides what is published, and for whom. A person may do anything. A client may merge what the policy allows,
 * and what a failed task left where nothing has to happen first; what it may not merge it may not delete. Pure.
 */
export function mayPublish(work: WaitingWork, act: Act, by: By): Verdict {
  if (by === 'person') return yes
  if (act === 'merge') return mayMerge(work, by)
  // Commits that a merge left at the ref are a person's to drop; the ref outlives the folder.
  if (act === 'drop' && work.kept > 0) {
    const detail = `${count(work.kept)} not on the branch as the task made them, and only at ${taskRef(work.taskId)}`
    return no('awaiting_review', detail)
  }
  if (act === 'drop' && work.beside > 0 && isForPerson(work)) {
    const detail = `${refs(work.beside)} below ${taskRef(work.taskId)}.also/ what it left beside the work that merges`
    return no('awaiting_review', detail)
  }
  if (!work.waits) return yes
  if (work.decided === 'accepted') {
    return no('awaiting_review', `A person accepted it, and it waits at ${taskRef(work.taskId)} to be merged`)
  }
  return mayMerge(work, 'client')
}

/** Whether anything has a person look at what the task made, or has had one. */
const isForPerson = ({ policies, left, held, decided }: WaitingWork): boolean =>
  stricterPolicy(policies.recorded, policies.current).kind !== 'auto' ||
  left !== null ||
  held.files.length > 0 ||
  decided !== null

function mayMerge(work: WaitingWork, by: 'policy' | 'client'): Verdict {
  const { taskId, policies, check, left, held } = work
  const ref = taskRef(taskId)
  const policy = stricterPolicy(policies.recorded, policies.current)
  if (!work.waits) return yes
  if (work.decided === 'rejected') return no('rejected', `It was rejected. Its work stays at ${ref}`)
  if (work.decided === 'accepted') return yes
  if (!work.succeeded && (by === 'policy' || policy.kind !== 'auto')) {
    return no('task_failed', `The task did not succeed, so nothing was merged. Its work is kept at ${ref}`)
  }
  if (left !== null) return no('operation_left', leftText(left, ref), left)
  if (policy.kind === 'check' && work.choice !== 'judge') {
    const failed = whatFailed(policy.command, isSame(policy, policies.recorded) ? check : null)
    if (failed !== null) return no('check_failed', `${failed}. The work waits at ${ref}`)
  }
  const unchosen = whyUnchosen(work)
  if (unchosen !== null) return unchosen
  if (policy.kind === 'review')
    return no('awaiting_review', `It waits at ${ref} to be reviewed: microvm-orchestrator review ${taskId}`)
  if (held.files.length > 0) return no('held_paths', heldText(countOf(held), taskId), held)
  return policy.kind === 'check' ? { kind: 'yes', check: policy } : yes
}

const no = (reason: UnmergedReason, detail: string, paths: PathList = noPaths): Verdict => ({
  kind: 'no',
  reason,
  paths: pathsOf(paths),
  detail,
})

function whyUnchosen({ choice, taskId }: WaitingWork): Verdict | null {
  const ref = taskRef(taskId)
  switch (choice) {
    case 'none':
    case 'chosen':
      return null
    case 'open':
      return no('awaiting_choice', `It is one of several attempts, and waits at ${ref} for one of them to be chosen`)
    case 'other':
      return no('not_chosen', `Another attempt was chosen in its place. Its work stays at ${ref}`)
    case 'judge':
      return no('not_chosen', `It chose among attempts, and what it left itself is not merged. It stays at ${ref}`)
    default:
      return unreachable(choice)
  }
}

const isSame = (one: MergePolicy, other: MergePolicy): boolean =>
  one.kind === 'check' && other.kind === 'check' && one.command === other.command

function whatFailed(command: string, check: CheckReport | null): string | null {
  if (!check) return `'${command}' was not run`
  return succeeded(check) ? null : whyNot(command, check)
}

function leftText({ operation, isPartial }: LeftUnderWay, ref: string): string {
  if (operation !== null) return `The agent left a ${operation} under way. The work waits at ${ref}`
  if (isPartial) {
    return `More files than are looked into got or lost lines like conflict markers. The work waits at ${ref} for a person`
  }
  return `The agent left conflict markers in files that had none. The work waits at ${ref}`
}

const heldText = (held: number, taskId: string): string =>
  `It changes ${held === 1 ? 'a path' : `${held} paths`} that may run by itself in your checkout, and waits for your review: microvm-orchestrator review ${taskId}`

const count = (commits: number): string => (commits === 1 ? '1 commit is' : `${commits} commits are`)

const refs = (number: number): string => (number === 1 ? '1 ref holds' : `${number} refs hold`)
