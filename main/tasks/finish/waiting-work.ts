import { noPaths, pathsOf } from '../../core/bounded-list.ts'
import { AppError } from '../../core/failure.ts'
import { type Act, type By, mayPublish, type Verdict, type WaitingWork } from '../../core/merge/may-publish.ts'
import type { Accepted, MergeOutcome } from '../../core/merge/merge.ts'
import type { MergePolicy } from '../../core/merge/merge-policy.ts'
import { hasClone } from '../../core/task/has-clone.ts'
import type { Task } from '../../core/task/task.ts'
import { countAlsoRefs, readTaskRef } from '../../git/repository/read-task-ref.ts'
import type { RegisteredRepository } from '../contract.ts'
import type { Lander } from '../landing/wish.ts'
import { placeOfRefs } from '../record/place-of-refs.ts'
import { findHeldPaths } from '../run/ask-worker.ts'
import { leftBehind } from './left-behind.ts'

/** What of the settings and the list of repositories decides what is published. Asked each time: both may change while tasks run. */
export interface PublishingRules {
  readonly repositories: { list(): Promise<readonly RegisteredRepository[]> }
  /** Edits the list of paths that wait for a review, see `pathRules`. */
  readonly heldPaths?: readonly string[]
  /** Whether commits that are written by a merge bear trailers. Default true. */
  readonly trailers?: boolean
  /** Brings work onto its branch that has to be checked there; left out, such work waits for a person. */
  readonly landings?: Lander
}

/** The policy of the repository now; null when it is registered no more. A list that cannot be read has a person decide. */
async function currentPolicy(
  { repositories }: PublishingRules,
  { repoPath }: Pick<Task, 'repoPath'>,
): Promise<MergePolicy | null> {
  let registered: readonly RegisteredRepository[]
  try {
    registered = await repositories.list()
  } catch {
    return { kind: 'review' } // The policy may have been made stricter; without the list no one can say.
  }
  const found = registered.find(({ path }) => path === repoPath)
  return found ? (found.mergePolicy ?? { kind: 'auto' }) : null
}

/** What a task's record says of its work. `commit` is what lies at its ref now, or null; `beside` is the number of refs beside it. */
export function recordedWork(task: Task, commit: string | null, current: MergePolicy | null, beside = 0): WaitingWork {
  const { merge, work, result, accepted } = task
  const outcome = task.state.phase === 'finished' ? task.state.outcome.kind : null
  const reason = merge?.kind === 'unmerged' ? merge.reason : null
  const paths = merge?.kind === 'unmerged' ? merge : noPaths
  const isOnlyInClone = work === null && hasClone(task)
  const isElsewhere = merge?.kind === 'merged' || merge?.kind === 'unchanged'
  return {
    taskId: task.id,
    waits: !isElsewhere && (commit !== null || isOnlyInClone),
    succeeded: outcome !== 'failed' && outcome !== 'cancelled',
    policies: { recorded: task.mergePolicy ?? { kind: 'auto' }, current },
    check: commit !== null && commit === work?.commit ? (result?.check ?? null) : null,
    left: work?.left ?? (reason === 'operation_left' ? { ...pathsOf(paths), operation: null } : null),
    held: reason === 'held_paths' ? pathsOf(paths) : noPaths,
    decided: reason === 'rejected' ? 'rejected' : isAccepted(accepted, commit) ? 'accepted' : null,
    choice: choiceOf(task),
    beside,
    kept: merge?.kind === 'merged' && commit !== null ? (merge.kept ?? 0) : 0,
  }
}

function choiceOf({ attempt, judges, chosen, merge }: Task): WaitingWork['choice'] {
  if (judges !== undefined) return 'judge'
  if (!attempt) return 'none'
  if (chosen) return 'chosen'
  return merge?.kind === 'unmerged' && merge.reason === 'not_chosen' ? 'other' : 'open'
}

/** One that is at its ref no more went onto the branch as it was accepted. */
const isAccepted = (accepted: Accepted | null, commit: string | null): boolean =>
  accepted !== null && (commit === null || accepted.commit === commit)

/** Whether the commit at the task's ref may be merged, from its record and from what the commit holds. */
export async function weighMerge(
  { task, commit, succeeded, by }: { task: Task; commit: string; succeeded?: boolean; by: By },
  rules: PublishingRules,
  signal: AbortSignal,
): Promise<Verdict> {
  const recorded = recordedWork(task, commit, await currentPolicy(rules, task))
  const work = { ...recorded, waits: true, ...(succeeded !== undefined && { succeeded }) }
  // What git is asked for changes no answer of these.
  const { startCommit, repoPath } = task
  if (by === 'person' || startCommit === null || work.decided !== null) return mayPublish(work, 'merge', by)
  const left = await leftBehind(task, commit, signal)
  const range = { repoPath, from: startCommit, to: commit }
  const held = await findHeldPaths({ range, edits: rules.heldPaths ?? [] }, task.id, signal)
  return mayPublish({ ...work, left, held }, 'merge', by)
}

/** Whether the task's folder may go, and with it the only copy of its work where that is what is asked. */
export async function weighRemoval(
  task: Task,
  act: Exclude<Act, 'merge'>,
  by: By,
  rules: PublishingRules,
): Promise<Verdict> {
  if (by === 'person') return { kind: 'yes', check: null }
  const place = await placeOfRefs(task)
  const commit = place === null ? null : await readTaskRef(place, task.id)
  const beside = place === null ? 0 : await countAlsoRefs(place, task.id)
  return mayPublish(recordedWork(task, commit, await currentPolicy(rules, task), beside), act, by)
}

/** The outcome of a merge that was not tried. */
export const unmergedBy = ({ reason, paths, detail }: Extract<Verdict, { kind: 'no' }>): MergeOutcome => ({
  ...{ kind: 'unmerged', reason, detail },
  ...paths,
})

const wishes = { merge: 'accept', 'clean-up': 'accept or drop', drop: 'accept or drop' } as const

/** @throws AppError('merge-failed') where it takes a person. */
export function requireYes({ id }: Task, act: Act, verdict: Verdict): Extract<Verdict, { kind: 'yes' }> {
  if (verdict.kind === 'yes') return verdict
  throw new AppError('merge-failed', `The work of task ${id} is the user's to ${wishes[act]}: ${verdict.detail}`, {
    hint: `They can: microvm-orchestrator review ${id}`,
  })
}
