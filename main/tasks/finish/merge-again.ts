import { AppError } from '../../core/failure.ts'
import type { By } from '../../core/merge/may-publish.ts'
import type { Accepted, MergeOutcome, Selection } from '../../core/merge/merge.ts'
import type { Task } from '../../core/task/task.ts'
import { mergeView } from '../../core/task/view.ts'
import { countCommits } from '../../git/repository/count-commits.ts'
import { TaskRecord } from '../record/task-record.ts'
import { mergedThrough } from '../review/merged-through.ts'
import { requireWork } from '../review/require-work.ts'
import { type Decisions, landChecked, mergeSalvaged } from './merge-task.ts'
import { type PublishingRules, requireYes, weighMerge } from './waiting-work.ts'

export interface MergeWish {
  readonly by: Exclude<By, 'policy'>
  /** A person's. Left out, what was decided before holds. */
  readonly decisions?: Decisions
  readonly rules: PublishingRules
  readonly onChange: (task: Task) => void
}

const mergeTimeoutMs = 10 * 60_000

/**
 * Tries once more to bring the work of a task that has ended onto its branch: after the user committed local changes, say, or to
 * take what a failed task left. Under a check policy a client's wish has the work checked as it would be on the branch first. Merges what is at the ref now, since the user may have mended it there. Where a person chose among
 * its commits before, these alone are taken, unless the decisions say otherwise.
 * @throws AppError('task-ended') when it is merged already, AppError('merge-failed') when nothing waits at its ref, or when it takes
 * a person.
 */
export async function mergeAgain(task: Task, { by, decisions, rules, onChange }: MergeWish): Promise<MergeOutcome> {
  const { id, merge } = task
  if (merge?.kind === 'merged') {
    throw new AppError('task-ended', `The work of task ${id} is on ${merge.branch} already`)
  }
  const signal = AbortSignal.timeout(mergeTimeoutMs)
  const commit = await requireWork(task, signal)
  const weigh = (until: AbortSignal) => weighMerge({ task, commit, by }, rules, until)
  const { check } = requireYes(task, 'merge', await weigh(signal))
  const selection = decisions ? decisions.selection : chosenBefore(task, commit)
  const taken: Decisions = { ...decisions, ...(selection && { selection }) }
  await using record = await TaskRecord.open(task, { onChange })
  const tried = check
    ? await landChecked(task, commit, check, rules, {
        ...{ slot: null, believesFailures: false },
        weigh: () => weigh(AbortSignal.timeout(mergeTimeoutMs)),
      })
    : await mergeSalvaged(task, commit, signal, { ...taken, signed: rules.trailers })
  const outcome = await withRest(tried, task, { commit, selection }, signal)
  const accepted: Accepted = { commit, ...selection }
  await record.add({ type: 'merge-tried', merge: outcome, by, ...(by === 'person' && { accepted }) })
  await record.write(record.files.mergeResult, mergeView(id, outcome))
  await mergedThrough(record.task, onChange)
  return outcome
}

/** @throws AppError('merge-failed') where commits were chosen that the ref has no more. */
function chosenBefore({ id, accepted }: Task, commit: string): Selection | undefined {
  if (!accepted || (!accepted.only && !accepted.messages)) return undefined
  const { commit: of, ...selection } = accepted
  if (of === commit) return selection
  throw new AppError('merge-failed', `Some commits of task ${id} were accepted, and its ref was moved since`, {
    hint: `Choose again: microvm-orchestrator review ${id}`,
  })
}

/** Says how many commits were left out of a merge: they wait at the ref. */
async function withRest(
  outcome: MergeOutcome,
  { repoPath, startCommit }: Task,
  { commit, selection }: { readonly commit: string; readonly selection: Selection | undefined },
  signal: AbortSignal,
): Promise<MergeOutcome> {
  if (outcome.kind !== 'merged' || !selection?.only || startCommit === null) return outcome
  const all = await countCommits({ repoPath, from: startCommit, to: commit }, signal)
  return { ...outcome, kept: all - selection.only.length }
}
