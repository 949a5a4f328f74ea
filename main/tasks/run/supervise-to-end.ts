import { join } from 'node:path'
import { errorOf, type Failure } from '../../core/failure.ts'
import { slotOf, type Task } from '../../core/task/task.ts'
import { waitsForUser } from '../../core/task/waits-for-user.ts'
import { pathExists } from '../../lib/files/look.ts'
import { ageMs } from '../../lib/processes/process-identity.ts'
import type { Machine } from '../../machines/driver.ts'
import { expectEndOf } from '../../worker/run-job.ts'
import { cleanExit } from '../finish/clean-exit.ts'
import { finishTask } from '../finish/finish-task.ts'
import { MessageCarrier } from '../messages/carry-messages.ts'
import { showInWorkTree } from '../record/mirror.ts'
import { shareNames } from '../record/task-files.ts'
import { supervise } from './supervise.ts'
import { removeKey } from './take-key.ts'
import { acceptedCaps, addNote, type FollowedTask, type RunEnd } from './task-run.ts'
import { diskRunsFull } from './watch-disk.ts'
import { capReached } from './watch-limits.ts'

/** Watches a machine, new or adopted, to its end and finishes its task, or boots it again where it came to nothing. Never rejects. */
export async function superviseToEnd(
  { context, record, closing, secret, stop, detach }: FollowedTask,
  machine: Machine,
  bootAgain?: () => Promise<RunEnd>,
): Promise<RunEnd> {
  const { share } = record.files
  const log = context.log.with({ taskId: record.task.id })
  const caps = record.task.caps ?? acceptedCaps(context.limits, {})
  using _told = context.clock.follow(machine)
  using _line = context.lines.follow(record.task.id, machine)
  using _progress = context.beginProgress.follow(record.task.id, secret)
  using _worker = expectEndOf(record.task.id)
  const carrier = new MessageCarrier({ record, driver: context.driver, events: context.events, secret, log })
  const supervised = await supervise(
    machine,
    {
      share,
      ...context.limits,
      taskTimeoutMs: caps.timeoutMs,
      elapsedMs: await elapsedMs(record.task),
      limitReached: [
        (over) =>
          capReached(caps, { ...record.files, waitsForUser: () => waitsForUser(record.task, Date.now()) }, over),
        (over) =>
          diskRunsFull(
            [...new Set([record.files.workFolder, record.task.repoPath, context.home])],
            context.limits.minFreeGiB ?? 0,
            over,
          ),
        async (over) => {
          await carrier.carry(over)
          return undefined
        },
      ],
      onAgentStarted: async () => {
        if (!record.task.agentStartedAt) await record.add({ type: 'agent-started' })
        await showInWorkTree(record.task, context) // By now it has a console, on every host.
      },
      onPreparing: () => record.add({ type: 'environment-preparing' }),
      onPrepared: (ms) => record.add({ type: 'environment-ready', ms }),
      onStopRequested: (reason) =>
        record.task.stopReason ? Promise.resolve() : record.add({ type: 'stop-requested', reason }),
      onDone: () => closing.add(record.task.id, slotOf(record.task.state), machine),
      onKeyLeft: (note) => addNote(record, note),
    },
    record.task.stopReason ? AbortSignal.any([stop, stopAgain(record.task.stopReason)]) : stop,
    detach,
  )
  await carrier.ended()
  if (supervised.kind === 'detached') return 'left'
  log.info('machine ended', { exit: supervised.exit.kind })
  await addNote(record, await removeKey(share))
  const hasBegun = record.task.agentStartedAt !== null || (await pathExists(join(share, shareNames.started)))
  if (bootAgain && supervised.exit.kind === 'panicked' && !hasBegun && !record.task.stopReason) {
    log.warn('the guest panicked before its task began, and is booted once more', { detail: supervised.exit.detail })
    return await bootAgain()
  }
  await record.add({ type: 'machine-exited', exit: cleanExit(supervised.exit, secret) })
  await carrier.readToEnd()
  return await finishTask(context, record, secret, log)
}

/** How long the machine has worked: a restart of the orchestrator gives a task no new time, and a clock that was set takes none. */
const elapsedMs = async ({ machine, machineWaitedMs, preparation }: Task): Promise<number> =>
  Math.max(0, ((machine && (await ageMs(machine))) ?? 0) - machineWaitedMs - (preparation?.ms ?? 0))

/** A stop that was on record when the orchestrator ended still holds for the machine that it finds again. */
const stopAgain = (reason: Failure): AbortSignal => AbortSignal.abort(errorOf(reason))
