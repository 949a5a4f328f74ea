import { AppError } from '../../core/failure.ts'
import { startOf } from '../../core/task/task-base.ts'
import { cloneWorkspace } from '../../git/clone/clone-workspace.ts'
import { keepIndex } from '../../git/clone/keep-index.ts'
import type { Machine, MachineSpec } from '../../machines/driver.ts'
import { homeNote } from '../../settings/claude-home/home-note.ts'
import { requireOwnFolders } from '../admission/require-own-folders.ts'
import { withPrepared } from '../environments/prepared-disks.ts'
import { showInWorkTree } from '../record/mirror.ts'
import { placeFork } from '../record/place-fork.ts'
import { machineSpec, type SpecParts } from '../slots/machine-spec.ts'
import { prepareSlotStorage } from '../slots/slot-storage.ts'
import type { HandedOver, WarmMachine } from '../slots/warm-machine.ts'
import { clearShare } from './clear-share.ts'
import { addNote, type TaskRun } from './task-run.ts'
import { writeShare } from './write-share.ts'

/** Clone, share, and a machine with both. A task that goes on after it was parked has its clone already. */
export async function bootMachine(run: TaskRun, signal: AbortSignal): Promise<Machine> {
  const { context, record, source } = run
  const { driver } = context
  const { files } = record
  const { id, repoPath, resolves, environment } = record.task
  const needsFlake = environment === undefined
  const start = startOf(record.task)
  const makeClone = (workspace: string, base = start) =>
    cloneWorkspace({ repoPath, workspace, taskId: id, needsFlake, base, ...(resolves && { rebase: resolves }) }, signal)
  const unseen = await showInWorkTree(record.task, context, signal)
  await addNote(record, unseen)
  await placeFork(record)
  const clone =
    record.task.startCommit === null &&
    (await (source.warm?.cloneFor(record.task, run.provisions, makeClone, signal) ?? makeClone(files.repo)))
  if (clone) await record.add({ type: 'cloned', startCommit: clone.startCommit, branch: clone.branch })
  await layShare(run, source.warm)
  if (run.provisions.claudeHome) await addNote(record, homeNote(run.provisions.claudeHome))
  await requireOwnFolders(files)
  await driver.prepareOwnership([files.share, files.repo], signal)
  // A guest that waits may have seen it.
  if (clone && !source.warm) {
    await keepIndex({ workspace: files.repo, objectFormat: clone.objectFormat }, files.clonedIndex).catch(
      (error: unknown) =>
        context.log.warn('the index of a clone cannot be kept', { taskId: id, reason: String(error) }),
    )
  }
  const handedOver = await source.warm?.handOver(specOf(run, []), signal)
  if (source.warm && !handedOver) {
    // That machine has ended. What told its guest to wait, and what the guest may have left, must not speak for the next one.
    if (clone && source.warm.wasLoaded) {
      await source.warm.discardClone()
      const { startCommit } = clone
      const again = await makeClone(files.repo, { kind: 'commit', name: startCommit, commit: startCommit })
      if (again.startCommit !== startCommit)
        throw new AppError('boot-failed', 'The branch moved while another machine was started for the task', {
          hint: 'Run the task again',
        })
    }
    await layShare(run, undefined)
    await driver.prepareOwnership([files.share, files.repo], signal)
  }
  const { machine, ...waited } = handedOver ?? (await powerOn(run, signal))
  try {
    await record.add({ type: 'machine-started', machine: machine.handle, ...waited })
    await record.removeResults() // Of a former end.
    await showInWorkTree(record.task, context, signal)
  } catch (cause) {
    // A machine that no record knows would run unseen.
    await machine.powerOff(AbortSignal.abort())
    throw new AppError('boot-failed', "The machine's start could not be recorded, so it was stopped", { cause })
  }
  return machine
}

/** A machine of its own, that waits for nothing. */
async function powerOn(run: TaskRun, signal: AbortSignal): Promise<Pick<HandedOver, 'machine'>> {
  const { context, record, slot, source } = run
  const volumes = await prepareSlotStorage(context.home, slot)
  await context.driver.prepareOwnership(
    volumes.map(({ path }) => path),
    signal,
  )
  await source.slotIsFree(slot)
  signal.throwIfAborted()
  using prepared = await context.environments?.borrow(record.task.repoPath)
  return { machine: await context.driver.start(specOf(run, withPrepared(volumes, prepared)), signal) }
}

const specOf = ({ context, record, slot, provisions }: TaskRun, volumes: SpecParts['volumes']): MachineSpec =>
  machineSpec(record.task.id, {
    home: context.home,
    limits: context.limits,
    files: record.files,
    slot,
    provisions,
    volumes,
  })

/**
 * Lays down what the guest reads. In a share in which a machine waits already nothing but single names is touched; one whose guest does not
 * let that happen is ended, and the share made clean for a machine of the task's own.
 */
async function layShare({ record, provisions }: TaskRun, warm: WarmMachine | undefined): Promise<void> {
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
