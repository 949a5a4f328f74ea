import { noPaths, toldPaths } from '../../core/bounded-list.ts'
import { type Failure, toFailure } from '../../core/failure.ts'
import type { Verdict } from '../../core/merge/may-publish.ts'
import type { MergeOutcome, SalvagedWork } from '../../core/merge/merge.ts'
import { costLimitFailure, failureOf, outcomeOf, withModelHint } from '../../core/task/outcome.ts'
import { parkingOf, totalUsage } from '../../core/task/parking.ts'
import type { Task, TaskResult } from '../../core/task/task.ts'
import { mergeView, resultView, salvageView } from '../../core/task/view.ts'
import type { Log } from '../../lib/log.ts'
import { isShortage } from '../../lib/shortage.ts'
import { WorkerDied } from '../../worker/worker-died.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { keepStream, readInterruption, readResult, salvageWork } from '../run/ask-worker.ts'
import { countedTry } from '../run/counted-try.ts'
import { mergeSalvaged } from './merge-task.ts'
import { type PublishingRules, unmergedBy, weighMerge } from './waiting-work.ts'

export interface FinishOptions extends PublishingRules {
  /** What becomes of a task whose agent ran into a usage limit, or lost its API. Default: it is parked. */
  readonly onUsageLimit?: 'park' | 'fail'
  /** How long after the reset of its limit a task goes on, and at the least from now; in ms. */
  readonly resetMarginMs?: number
}

/** Clean-up has a clock of its own: the task's signals may have fired already. */
const finishTimeoutMs = 10 * 60_000

/**
 * With the machine off: reads what the guest left, salvages its work to `refs/tasks/ID`, merges it when the task succeeded,
 * and records the outcome; or parks the task when a limit or an outage of the API stopped its agent. Can be run again after a crash
 * at any point, and waits where the host has no room. Never rejects but for a record that cannot be written.
 */
export async function finishTask(
  { onUsageLimit = 'park', resetMarginMs, ...rules }: FinishOptions,
  record: TaskRecord,
  secret: string,
  log: Log,
): Promise<'finished' | 'parked'> {
  const { files } = record
  const { id } = record.task
  const read = await record.patiently('the result', () =>
    readResult({ share: files.share, secret }, id).catch(
      orWhenDied(({ message }): Failure => ({ code: 'result-invalid', message })),
    ),
  )
  const { share, stream, console } = files
  const notes = await record.patiently('the stream', () =>
    keepStream({ files: { share, stream, console }, secret }, id).catch(
      orWhenDied(({ message }) => [{ kind: 'died', message } as const]),
    ),
  )
  for (const note of notes) log.warn("the agent's stream was not kept as it is", note)

  const salvaged = await salvageTask(record)
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
  const ended = withModelHint(failureOf(ending), record.task.agent?.model)
  const failure = costLimit ?? ended ?? ('code' in salvaged ? salvaged : null)
  if (failure?.code === 'agent-failed' && work && onUsageLimit === 'park') {
    const interruption = await readInterruption({ share }, id).catch(orWhenDied(() => null))
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
  const weighing = weighByPolicy(weighed, work, { rules, succeeded: failure === null })
  weighing.catch(() => undefined) // Thrown where it is waited for.
  await record.removeResults()
  if (result) {
    await record.add({ type: 'result-read', result })
    await record.write(files.result, { ...resultView(result), ...salvageView(work) })
  }
  const verdict = await weighing
  const merge = verdict && (await mergeByPolicy(record.task, work, verdict, rules))
  if (merge) {
    await record.add({ type: 'merge-tried', merge, by: 'policy' })
    await record.write(files.mergeResult, mergeView(record.task.id, merge))
  }
  await record.add({ type: 'finished', outcome: outcomeOf(failure, merge) })
  log.info('task finished', { outcome: outcomeOf(failure, merge).kind })
  return 'finished'
}

/** What stands for the answer of a worker that died over it. */
const orWhenDied =
  <Answer>(instead: (died: WorkerDied) => Answer) =>
  (error: unknown): Answer => {
    if (error instanceof WorkerDied) return instead(error)
    throw error
  }

/** Whether what a task left is merged now; null where a task that did not succeed left none. */
async function weighByPolicy(
  task: Task,
  work: SalvagedWork | null,
  { rules, succeeded }: { readonly rules: PublishingRules; readonly succeeded: boolean },
): Promise<Verdict | null> {
  if (!work?.ref) return succeeded ? { kind: 'yes' } : null
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

const mergeByPolicy = async (
  task: Task,
  work: SalvagedWork | null,
  verdict: Verdict,
  { trailers }: PublishingRules,
): Promise<MergeOutcome> =>
  verdict.kind === 'no'
    ? unmergedBy(verdict)
    : await mergeSalvaged(task, work?.ref ? work.commit : null, AbortSignal.timeout(finishTimeoutMs), {
        signed: trailers,
      })

/** Brings the work to its ref and on record. @throws where the host is short of room. */
export async function salvageTask(
  record: TaskRecord,
  options: { /** Also where it was set aside. */ readonly uncounted?: boolean } = {},
): Promise<SalvagedWork | Failure> {
  const { task, files } = record
  const { startCommit, repoPath, repository, id: taskId } = task
  if (startCommit === null) return { code: 'interrupted', message: 'The task ended before its clone was complete' }
  const commonDirectory = repository?.commonDirectory
  const place = { repoPath, commonDirectory, workspace: files.repo, stateDirectory: files.workFolder }
  const source = { ...place, taskId, startCommit }
  try {
    return await record.patiently('the work', () =>
      countedTry(
        files.folder,
        async (attempt) => {
          const work = await salvageWork(source, AbortSignal.timeout(finishTimeoutMs), attempt)
          await record.add({ type: 'salvaged', work })
          return work
        },
        options,
      ),
    )
  } catch (error) {
    if (isShortage(error)) throw error // We end while it lasts: the next start salvages it.
    const failure = toFailure(error, 'salvage-failed')
    return failure.code === 'repository-invalid' ? repositoryGone(failure, files) : notSaved(failure, files)
  }
}

const notSaved = ({ code, message, hint = '' }: Failure, { repo, id }: TaskRecord['files']): Failure => ({
  ...{ code, message },
  hint: `${hint && `${hint}. `}The work is in ${repo}; to try once more: microvm-orchestrator merge ${id}`,
})

/** The clone is all that is left of the work, and stays. */
const repositoryGone = ({ code, message }: Failure, { repo, id }: TaskRecord['files']): Failure => ({
  code,
  message: `${message}. The work of the task is kept in ${repo}`,
  hint: `Put the repository back, or register it where it is now (microvm-orchestrator allow PATH), then: microvm-orchestrator merge ${id}`,
})

/** The host believes the imported commits, not the guest's list, and counts what earlier agents of the task took. */
const ofWholeTask = (result: TaskResult, work: SalvagedWork | null, { parkings }: Task): TaskResult => ({
  ...result,
  filesChanged: work ? toldPaths({ files: work.filesChanged, more: work.moreChanged ?? 0 }) : [],
  usage: totalUsage(parkings.at(-1)?.usage ?? null, result.usage),
})
