import { join } from 'node:path'
import type { Failure } from '../../core/failure.ts'
import type { MachineExit } from '../../core/task/task.ts'
import { pathExists } from '../../lib/files/look.ts'
import { readGuestFile } from '../../lib/guest/guest-file.ts'
import { endTask, lastParking, parkAgain } from '../finish/end-task.ts'
import { finishTask } from '../finish/finish-task.ts'
import { MessageCarrier } from '../messages/carry-messages.ts'
import { shareNames } from '../record/task-files.ts'
import { superviseToEnd } from './supervise-to-end.ts'
import { removeKey } from './take-key.ts'
import type { FollowedTask, RunEnd } from './task-run.ts'

const interrupted: Failure = {
  code: 'interrupted',
  message: 'The orchestrator ended before the task had a virtual machine',
  hint: 'Run the task again',
}

/**
 * Goes on with a task that the last run of the orchestrator left unfinished: a living machine is adopted, a dead one's work
 * salvaged and merged, and a task that never had one fails with the reason, or waits on if it had been parked.
 */
export async function recoverTask(followed: FollowedTask): Promise<RunEnd> {
  const { context, record, secret } = followed
  const { task, files } = record
  const log = context.log.with({ taskId: task.id })
  const agentStarted = await pathExists(join(files.share, shareNames.started))
  const parking = lastParking(record)
  // A machine may have worked of which the crash came before the record: the reaper ended it, its work is there. One that went on with
  // a parked task and was not done can go on once more.
  const hasWorked = agentStarted && (parking === null || (await leftResult(files.share)))
  if (!task.machine && !hasWorked) {
    await removeKey(files.share)
    log.warn('task was interrupted before its machine ran')
    if (task.stopReason && task.startCommit !== null) return await finishTask(context, record, secret, log)
    if (parking) {
      await parkAgain(record, parking)
      return 'parked'
    }
    await endTask(record, task.stopReason ?? interrupted)
    return 'finished'
  }
  if (!task.exit) {
    const machine = task.machine ? await context.driver.adopt(task.machine) : undefined
    if (machine) {
      log.info('adopted a running machine', { pid: machine.handle.pid })
      return await superviseToEnd(followed, machine)
    }
    await removeKey(files.share)
    await record.add({ type: 'machine-exited', exit: await unseenExit(files.share) })
  }
  const { driver, events } = context
  await new MessageCarrier({ record, driver, events, secret, log }).readToEnd()
  log.info('finishing a task whose machine ended unseen')
  return await finishTask(context, record, secret, log)
}

/** How a machine ended that was not watched: the runner writes its result last, so one that left it came to its end. */
async function unseenExit(share: string): Promise<MachineExit> {
  if (await leftResult(share)) return { kind: 'powered-off' }
  return { kind: 'crashed', exitCode: null, signal: null, detail: 'it ended while the orchestrator was not running' }
}

const leftResult = async (share: string): Promise<boolean> =>
  (await readGuestFile(share, shareNames.result, 1024 ** 2)).kind === 'read'
