import { toFailure } from '../../core/failure.ts'
import type { Machine } from '../../machines/driver.ts'
import { endTask, lastParking, parkAgain } from '../finish/end-task.ts'
import { finishTask } from '../finish/finish-task.ts'
import { bootMachine } from './boot-machine.ts'
import { superviseToEnd } from './supervise-to-end.ts'
import { removeKey } from './take-key.ts'
import type { RunEnd, TaskRun } from './task-run.ts'

/**
 * Takes a task that has its slot from the clone to its recorded outcome. Never rejects: what goes wrong is the task's outcome.
 * `stop` ends the task with its reason; `detach` leaves a running machine to the next start of the orchestrator. A guest whose
 * kernel panics before the task began is booted once more.
 */
export async function runTask(run: TaskRun): Promise<RunEnd> {
  const again: TaskRun = { ...run, source: { ...run.source, warm: undefined } }
  return await bootAndSupervise(run, () => bootAndSupervise(again))
}

async function bootAndSupervise(run: TaskRun, bootAgain?: () => Promise<RunEnd>): Promise<RunEnd> {
  const { context, record, slot, source, stop, detach, secret } = run
  const log = context.log.with({ taskId: record.task.id, slot })
  let machine: Machine
  try {
    machine = await bootMachine(run, AbortSignal.any([stop, detach]))
  } catch (error) {
    await source.warm?.end()
    await removeKey(record.files.share)
    const failure = toFailure(stop.aborted ? stop.reason : detach.aborted ? detach.reason : error, 'boot-failed')
    log.warn('task failed before its machine ran', { code: failure.code, reason: failure.message })
    const parking = lastParking(record)
    if (parking && detach.aborted && !stop.aborted) {
      await parkAgain(record, parking)
      return 'parked'
    }
    if (stop.aborted && record.task.startCommit !== null) {
      // The clone is complete and a guest may have seen it: what is in it is salvaged like any other's work.
      await record.add({ type: 'stop-requested', reason: failure })
      await record.add({ type: 'machine-exited', exit: { kind: 'stopped' } })
      return await finishTask(context, record, secret, log)
    }
    await endTask(record, failure)
    return 'finished'
  }
  return await superviseToEnd(run, machine, bootAgain)
}
