import { join } from 'node:path'
import { AppError, type Failure, toFailure } from '../../core/failure.ts'
import { capsOf, type TaskCaps } from '../../core/task/caps.ts'
import type { SlotId, Task, TaskId } from '../../core/task/task.ts'
import { cloneWorkspace } from '../../git/clone/clone-workspace.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import { ageMs } from '../../lib/processes/process-identity.ts'
import type { Machine, MachineDriver } from '../../machines/driver.ts'
import { keepWorkerReady } from '../../worker/run-job.ts'
import { requireOwnFolders } from '../admission/require-own-folders.ts'
import { cleanExit } from '../finish/clean-exit.ts'
import { endTask, lastParking, parkAgain } from '../finish/end-task.ts'
import { type SettleOptions, settleTask } from '../finish/finish-task.ts'
import { type MirrorOptions, showInWorkTree } from '../record/mirror.ts'
import { shareNames } from '../record/task-files.ts'
import type { TaskRecord } from '../record/task-record.ts'
import { machineSpec, type SpecParts } from '../slots/machine-spec.ts'
import type { Provisions } from '../slots/provisions.ts'
import { prepareSlotStorage } from '../slots/slot-storage.ts'
import type { HandedOver, WarmMachine } from '../slots/warm-machine.ts'
import { clearShare } from './clear-share.ts'
import type { HostClock } from './host-clock.ts'
import { supervise } from './supervise.ts'
import { removeKey } from './take-key.ts'
import { diskRunsFull } from './watch-disk.ts'
import { capReached } from './watch-limits.ts'
import { writeShare } from './write-share.ts'

/** What every task of this process shares. */
export interface RunnerContext extends SettleOptions, MirrorOptions {
  readonly home: string
  readonly driver: MachineDriver
  readonly log: Log
  /** Keeps the time of running machines. */
  readonly clock: Pick<HostClock, 'follow'>
  readonly limits: {
    readonly cpus: number
    readonly memoryMiB: number
    readonly bootTimeoutMs: number
    readonly taskTimeoutMs: number
    readonly powerOffTimeoutMs: number
    /** What must be free, where tasks write, for a task to begin; left out, nothing is asked for. */
    readonly minFreeGiB?: number
    /** Of tasks that ask for nothing else; null is no limit. */
    readonly maxCostUsd?: number | null
    readonly maxTokens?: number | null
    readonly silenceTimeoutMs?: number | null
  }
}

/** Where a task's machine comes from. */
export interface MachineSource {
  /** One that was booted ahead for it; ended by `runTask` when it comes to nothing. */
  readonly warm?: WarmMachine | undefined
  /** Resolves when no other machine holds the disks of the slot. */
  readonly slotIsFree: (slot: SlotId) => Promise<void>
}

/** How a task's run ended: with its outcome, with a later time to go on at, or let go of, its machine still running. */
export type RunEnd = 'finished' | 'parked' | 'left'

/**
 * Takes a task that has its slot from the clone to its recorded outcome. Never rejects: what goes wrong is the task's outcome.
 * `stop` ends the task with its reason; `detach` leaves a running machine to the next start of the orchestrator. A guest whose
 * kernel panics before the task began is booted once more.
 */
export async function runTask(
  context: RunnerContext,
  record: TaskRecord,
  provisions: Provisions,
  slot: SlotId,
  source: MachineSource,
  stop: AbortSignal,
  detach: AbortSignal,
): Promise<RunEnd> {
  const { slotIsFree } = source
  const bootAgain = () => bootAndSeeThrough(context, record, provisions, slot, { slotIsFree }, stop, detach)
  return await bootAndSeeThrough(context, record, provisions, slot, source, stop, detach, bootAgain)
}

async function bootAndSeeThrough(
  context: RunnerContext,
  record: TaskRecord,
  provisions: Provisions,
  slot: SlotId,
  source: MachineSource,
  stop: AbortSignal,
  detach: AbortSignal,
  bootAgain?: () => Promise<RunEnd>,
): Promise<RunEnd> {
  const log = context.log.with({ taskId: record.task.id, slot })
  let machine: Machine
  try {
    machine = await boot(context, record, provisions, slot, source, AbortSignal.any([stop, detach]))
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
      return await settleTask(context, record, provisions.key.value, log)
    }
    await endTask(record, failure)
    return 'finished'
  }
  return await seeThrough(context, record, machine, provisions.key.value, stop, detach, bootAgain)
}

/** Watches a machine, new or adopted, to its end and settles its task, or boots it again where it came to nothing. Never rejects. */
export async function seeThrough(
  context: RunnerContext,
  record: TaskRecord,
  machine: Machine,
  secret: string,
  stop: AbortSignal,
  detach: AbortSignal,
  bootAgain?: () => Promise<RunEnd>,
): Promise<RunEnd> {
  const { share } = record.files
  const log = context.log.with({ taskId: record.task.id })
  const caps = record.task.caps ?? acceptedCaps(context.limits, {})
  using _told = context.clock.follow(machine)
  using _worker = keepWorkerReady()
  const supervised = await supervise(
    machine,
    {
      share,
      ...context.limits,
      taskTimeoutMs: caps.timeoutMs,
      elapsedMs: await elapsedMs(record.task),
      limitReached: [
        (over) => capReached(caps, record.files, over),
        (over) =>
          diskRunsFull(
            [...new Set([record.files.workFolder, record.task.repoPath, context.home])],
            context.limits.minFreeGiB ?? 0,
            over,
          ),
      ],
      onAgentStarted: async () => {
        if (!record.task.agentStartedAt) await record.add({ type: 'agent-started' })
        await showInWorkTree(record.task, context) // By now it has a console, on every host.
      },
      onStopRequested: (reason) =>
        record.task.stopReason ? Promise.resolve() : record.add({ type: 'stop-requested', reason }),
      onKeyLeft: (note) => addNote(record, note),
    },
    record.task.stopReason ? AbortSignal.any([stop, stopAgain(record.task.stopReason)]) : stop,
    detach,
  )
  if (supervised.kind === 'detached') return 'left'
  log.info('machine ended', { exit: supervised.exit.kind })
  await addNote(record, await removeKey(share))
  const hasBegun = record.task.agentStartedAt !== null || (await pathExists(join(share, shareNames.started)))
  if (bootAgain && supervised.exit.kind === 'panicked' && !hasBegun && !record.task.stopReason) {
    log.warn('the guest panicked before its task began, and is booted once more', { detail: supervised.exit.detail })
    return await bootAgain()
  }
  await record.add({ type: 'machine-exited', exit: cleanExit(supervised.exit, secret) })
  return await settleTask(context, record, secret, log)
}

/** The caps of a task that asks for these. */
export const acceptedCaps = (limits: RunnerContext['limits'], asked: Partial<TaskCaps>): TaskCaps =>
  capsOf(
    {
      timeoutMs: limits.taskTimeoutMs,
      maxCostUsd: limits.maxCostUsd ?? null,
      maxTokens: limits.maxTokens ?? null,
      silenceTimeoutMs: limits.silenceTimeoutMs ?? null,
    },
    asked,
  )

/** How long the machine has run: a restart of the orchestrator gives a task no new time, and a clock that was set takes none. */
const elapsedMs = async ({ machine, machineWaitedMs }: Task): Promise<number> =>
  Math.max(0, ((machine && (await ageMs(machine))) ?? 0) - machineWaitedMs)

/** A stop that was on record when the orchestrator ended still holds for the machine that it finds again. */
const stopAgain = ({ code, message, hint }: Failure): AbortSignal =>
  AbortSignal.abort(new AppError(code, message, hint === undefined ? {} : { hint }))

/** Clone, share, and a machine with both. A task that goes on after it was parked has its clone already. */
async function boot(
  context: RunnerContext,
  record: TaskRecord,
  provisions: Provisions,
  slot: SlotId,
  source: MachineSource,
  signal: AbortSignal,
): Promise<Machine> {
  const { driver, limits, home } = context
  const { files } = record
  const { id, repoPath, resolves } = record.task
  const unseen = await showInWorkTree(record.task, context, signal)
  await addNote(record, unseen)
  const clone =
    record.task.startCommit === null &&
    (await cloneWorkspace(
      { repoPath, workspace: files.repo, taskId: id, ...(resolves && { rebase: resolves }) },
      signal,
    ))
  if (clone) await record.add({ type: 'cloned', startCommit: clone.startCommit, branch: clone.branch })
  await layShare(record, provisions, source)
  await requireOwnFolders(files)
  await driver.prepareOwnership([files.share, files.repo], signal)
  const parts = { home, limits, files, slot, provisions }
  const handedOver = await source.warm?.handOver(machineSpec(id, { ...parts, volumes: [] }), signal)
  if (source.warm && !handedOver) {
    // That machine has ended. What told its guest to wait, and what the guest may have left, must not speak for the next one.
    await layShare(record, provisions, { ...source, warm: undefined })
    await driver.prepareOwnership([files.share], signal)
  }
  const { machine, ...waited } = handedOver ?? (await powerOn(driver, parts, id, source, signal))
  try {
    await record.add({ type: 'machine-started', machine: machine.handle, ...waited })
    await showInWorkTree(record.task, context, signal)
  } catch (cause) {
    // A machine that no record knows would run unseen.
    await machine.powerOff(AbortSignal.abort())
    throw new AppError('boot-failed', "The machine's start could not be recorded, so it was stopped", { cause })
  }
  return machine
}

/** A machine of its own, that waits for nothing. */
async function powerOn(
  driver: MachineDriver,
  parts: Omit<SpecParts, 'volumes'>,
  id: TaskId,
  { slotIsFree }: MachineSource,
  signal: AbortSignal,
): Promise<Pick<HandedOver, 'machine'>> {
  const volumes = await prepareSlotStorage(parts.home, parts.slot)
  await driver.prepareOwnership(
    volumes.map(({ path }) => path),
    signal,
  )
  await slotIsFree(parts.slot)
  signal.throwIfAborted()
  return { machine: await driver.start(machineSpec(id, { ...parts, volumes }), signal) }
}

/**
 * Lays down what the guest reads. In a share in which a machine waits already nothing but single names is touched; one whose guest does not
 * let that happen is ended, and the share made clean for a machine of the task's own.
 */
async function layShare(record: TaskRecord, provisions: Provisions, { warm }: MachineSource): Promise<void> {
  const { files, task } = record
  try {
    if (!warm) await clearShare(files.share)
    return await writeShare(files, task, provisions)
  } catch (error) {
    if (!warm) throw error
  }
  await warm.end()
  await clearShare(files.share)
  await writeShare(files, task, provisions)
}

/** Once for each thing that there is to note. */
async function addNote(record: TaskRecord, note: string | null): Promise<void> {
  if (note !== null && !record.task.notes.includes(note)) await record.add({ type: 'noted', note })
}
