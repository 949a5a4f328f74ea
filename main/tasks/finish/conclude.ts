import { noPaths, toldPaths } from '../../core/bounded-list.ts'
import { withShellHint } from '../../core/environment/shell-hint.ts'
import { toFailure } from '../../core/failure.ts'
import type { Verdict } from '../../core/merge/may-publish.ts'
import type { MergeOutcome, SalvagedWork } from '../../core/merge/merge.ts'
import { costLimitFailure, failureOf, outcomeOf, withModelHint } from '../../core/task/outcome.ts'
import { parkingOf, totalUsage, withoutOriginal } from '../../core/task/parking.ts'
import { slotOf, type Task, type TaskResult } from '../../core/task/task.ts'
import { mergeView, resultView, salvageView } from '../../core/task/view.ts'
import type { Log } from '../../lib/log.ts'
import { isShortage } from '../../lib/shortage.ts'
import { LandingLeft } from '../landing/wish.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { readInterruption } from '../run/ask-worker.ts'
import { type Collected, orWhenDied } from './collect.ts'
import { landChecked, mergeSalvaged } from './merge-task.ts'
import { type PublishingRules, unmergedBy, weighMerge } from './waiting-work.ts'

/** `left`: the orchestrator ends, and its next start concludes the task. */
export type Concluded = 'finished' | 'parked' | 'left'

export interface FinishOptions extends PublishingRules {
  /** Where another host concludes the task: saves what is here, in place of all that `finishTask` does. */
  readonly handOver?: (record: TaskRecord) => Promise<'finished'>
  /** What becomes of a task whose agent ran into a usage limit, or lost its API. Default: it is parked. */
  readonly onUsageLimit?: 'park' | 'fail'
  /** How long after the reset of its limit a task goes on, and at the least from now; in ms. */
  readonly resetMarginMs?: number
}

/** Clean-up has a clock of its own: the task's signals may have fired already. */
const finishTimeoutMs = 10 * 60_000

/**
 * Decides what becomes of a task by what was collected: merges its work when it succeeded, and records the outcome; or parks the task when a
 * limit or an outage of the API stopped its agent. Can be run again after a crash at any point.
 */
export async function conclude(
  { onUsageLimit = 'park', resetMarginMs, ...rules }: FinishOptions,
  record: TaskRecord,
  { result: read, work: salvaged }: Collected,
  log: Log,
): Promise<Concluded> {
  const { files } = record
  const { id } = record.task
  const work = 'code' in salvaged ? null : salvaged
  const result = 'code' in read ? null : ofWholeTask(read, work, record.task)
  const { exit, stopReason } = record.task
  const ending = {
    exit: exit ?? ({ kind: 'crashed', exitCode: null, signal: null, detail: 'nobody saw it end' } as const),
    stopReason,
    result: read,
  }
  const costLimit =
    result && stopReason === null ? costLimitFailure(record.task.caps?.maxCostUsd ?? null, result) : null
  const ended = withShellHint(withModelHint(failureOf(ending), record.task.agent?.model), record.task)
  const failure = costLimit ?? ended ?? ('code' in salvaged ? salvaged : null)
  if (failure?.code === 'agent-failed' && work && onUsageLimit === 'park') {
    const interruption = await readInterruption({ share: files.share }, id).catch(orWhenDied(() => null))
    const usage = result?.usage ?? null
    const { parkings } = record.task
    const parking = interruption && parkingOf(interruption, usage, parkings, Date.now(), resetMarginMs)
    if (parking) {
      await record.add({ type: 'parked', parking })
      log.info('task parked', { code: parking.reason.code, until: parking.until })
      return 'parked'
    }
  }
  // Beside the record of the result, since git takes a while to look at the work. What the check reported is in that result.
  const weighed = result ? { ...record.task, result } : record.task
  const weigh = () => weighByPolicy(weighed, work, { rules, succeeded: failure === null })
  const weighing = weigh()
  weighing.catch(() => undefined) // Thrown where it is waited for.
  await record.removeResults()
  if (result) await record.add({ type: 'result-read', result })
  // Files for people are written beside what takes longer, and are there before the end is.
  const writing = result && record.write(files.result, { ...resultView(result), ...salvageView(work) })
  writing?.catch(() => undefined) // Thrown where it is waited for.
  const verdict = await weighing
  let merge: MergeOutcome | null
  try {
    merge = verdict && (await mergeByPolicy(record.task, work, { verdict, weigh }, rules))
  } catch (error) {
    await writing
    if (error instanceof LandingLeft) return 'left'
    throw error
  }
  if (merge) {
    await Promise.all([
      record.add({ type: 'merge-tried', merge, by: 'policy' }),
      record.write(files.mergeResult, mergeView(record.task.id, merge)),
    ])
  }
  await writing
  await record.add({ type: 'finished', outcome: outcomeOf(failure, merge) })
  log.info('task finished', { outcome: outcomeOf(failure, merge).kind })
  return 'finished'
}

/** Whether what a task left is merged now; null where a task that did not succeed left none. */
async function weighByPolicy(
  task: Task,
  work: SalvagedWork | null,
  { rules, succeeded }: { readonly rules: PublishingRules; readonly succeeded: boolean },
): Promise<Verdict | null> {
  if (!work?.ref) return succeeded ? { kind: 'yes', check: null } : null
  const { commit } = work
  try {
    const signal = AbortSignal.timeout(finishTimeoutMs)
    return await weighMerge({ task, commit, succeeded, by: 'policy' }, rules, signal)
  } catch (error) {
    if (isShortage(error)) throw error
    // What cannot be looked at is for a person to look at.
    const detail = `It could not be told whether the work may be merged: ${toFailure(error, 'merge-failed').message}`
    return { kind: 'no', reason: 'awaiting_review', paths: noPaths, detail }
  }
}

/** @throws LandingLeft when the orchestrator ends before its check does. */
async function mergeByPolicy(
  task: Task,
  work: SalvagedWork | null,
  { verdict, weigh }: { readonly verdict: Verdict; readonly weigh: () => Promise<Verdict | null> },
  rules: PublishingRules,
): Promise<MergeOutcome> {
  if (verdict.kind === 'no') return unmergedBy(verdict)
  const commit = work?.ref ? work.commit : null
  if (verdict.check && commit !== null) {
    return await landChecked(task, commit, verdict.check, rules, {
      ...{ slot: slotOf(task.state), believesFailures: true },
      weigh: async () => (await weigh()) ?? verdict,
    })
  }
  return await mergeSalvaged(task, commit, AbortSignal.timeout(finishTimeoutMs), { signed: rules.trailers })
}

/** The host believes the imported commits, not the guest's list, and counts what earlier agents of the task took. */
const ofWholeTask = (result: TaskResult, work: SalvagedWork | null, { parkings, fork }: Task): TaskResult => ({
  ...result,
  filesChanged: work ? toldPaths({ files: work.filesChanged, more: work.moreChanged ?? 0 }) : [],
  usage: totalUsage(parkings.at(-1)?.usage ?? null, withoutOriginal(result.usage, fork)),
})
