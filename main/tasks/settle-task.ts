import { type Failure, toFailure } from '../core/failure.ts'
import type { SalvagedWork } from '../core/merge.ts'
import { costLimitFailure, failureOf, outcomeOf, unmergedForFailure } from '../core/outcome.ts'
import type { TaskResult } from '../core/task.ts'
import { mergeView, resultView } from '../core/view.ts'
import { salvageWork } from '../git/salvage-work.ts'
import { writeJsonAtomically } from '../lib/atomic-file.ts'
import type { Log } from '../lib/log.ts'
import { keepStream } from './keep-stream.ts'
import { mergeSalvaged } from './merge-salvaged.ts'
import { readResult } from './read-result.ts'
import type { TaskRecord } from './task-record.ts'

/** Clean-up has a clock of its own: the task's signals may have fired already. */
const settleTimeoutMs = 10 * 60_000

/**
 * With the machine off: reads what the guest left, salvages its work to `refs/tasks/ID`, merges it when the task succeeded,
 * and records the outcome. Can be run again after a crash at any point. Never rejects but for a record that cannot be written.
 */
export async function settleTask(record: TaskRecord, secret: string, log: Log): Promise<void> {
  const { files } = record
  const signal = AbortSignal.timeout(settleTimeoutMs)
  const read = await readResult(files.share, secret)
  await keepStream(files, secret, log)

  const salvaged = await salvage(record, signal)
  const work = 'code' in salvaged ? null : salvaged
  if (work) await record.add({ type: 'salvaged', work })
  const result = 'code' in read ? null : withHostFiles(read, work)
  if (result) {
    await record.add({ type: 'result-read', result })
    await writeJsonAtomically(files.result, resultView(result))
  }

  const { exit, stopReason } = record.task
  const ending = {
    exit: exit ?? ({ kind: 'crashed', exitCode: null, signal: null, detail: 'nobody saw it end' } as const),
    stopReason,
    result: read,
  }
  const costLimit =
    result && stopReason === null ? costLimitFailure(record.task.caps?.maxCostUsd ?? null, result) : null
  const failure = costLimit ?? failureOf(ending) ?? ('code' in salvaged ? salvaged : null)
  const merge = failure
    ? unmergedForFailure(work)
    : await mergeSalvaged(record.task, work?.ref ? work.commit : null, signal)
  if (merge) {
    await record.add({ type: 'merge-tried', merge })
    await writeJsonAtomically(files.mergeResult, mergeView(record.task.id, merge))
  }
  await record.add({ type: 'finished', outcome: outcomeOf(failure, merge) })
  log.info('task finished', { outcome: outcomeOf(failure, merge).kind })
}

async function salvage({ task, files }: TaskRecord, signal: AbortSignal): Promise<SalvagedWork | Failure> {
  if (task.startCommit === null) return { code: 'interrupted', message: 'The task ended before its clone was complete' }
  try {
    return await salvageWork(
      {
        repoPath: task.repoPath,
        workspace: files.repo,
        taskId: task.id,
        startCommit: task.startCommit,
        stateDirectory: files.folder,
      },
      signal,
    )
  } catch (error) {
    return toFailure(error, 'salvage-failed')
  }
}

/** The host believes the imported commits, not the guest's list. */
const withHostFiles = (result: TaskResult, work: SalvagedWork | null): TaskResult =>
  work ? { ...result, filesChanged: work.filesChanged } : { ...result, filesChanged: [] }
