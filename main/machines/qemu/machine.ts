import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineExit, MachineHandle } from '../../core/task.ts'
import type { Log } from '../../lib/log.ts'
import { isAlive } from '../../lib/process-identity.ts'
import { consoleTail, limitConsole } from '../console.ts'
import type { Machine } from '../driver.ts'
import { endProcess, type HelperProcess, lastLines } from '../helper-process.ts'
import { removeRunDirectory, runDirectoryAt } from '../run-directory.ts'
import { machineExit, panicLineOf } from './exit.ts'
import type { Qmp, QmpEvent } from './qmp.ts'

const pollMs = 250
/** How long helpers may take to see that QEMU is gone before they are killed. */
const helperGraceMs = 1_000

/** Hears from QEMU why the machine stops. */
export class ShutdownWitness {
  reason: string | undefined
  readonly onEvent = ({ name, data }: QmpEvent): void => {
    if (name === 'SHUTDOWN' && typeof data.reason === 'string') this.reason = data.reason
  }
}

interface RunningMachine {
  readonly handle: MachineHandle
  readonly consolePath: string
  /** The end of QEMU as its parent sees it; undefined for a machine that another process started. */
  readonly ended: HelperProcess['ended'] | undefined
  /** Undefined when an adopted QEMU does not answer. */
  readonly qmp: Qmp | undefined
  readonly witness: ShutdownWitness
  readonly log: Log
}

/** Watches a running QEMU to its end, and cleans up after it. */
export function watchMachine(machine: RunningMachine): Machine {
  const { handle, qmp, log } = machine
  let stopRequested = false
  const exited = watchToTheEnd(machine, () => stopRequested)

  const powerOff = async (signal: AbortSignal): Promise<void> => {
    stopRequested = true
    const gone = exited.then(() => 'gone' as const)
    if (!signal.aborted) {
      await qmp?.execute('system_powerdown', signal).catch((error: unknown) => {
        log.info('power-down request not taken', { error: String(error) })
      })
      if ((await Promise.race([gone, fired(signal)])) === 'gone') return
    }
    await endProcess(handle)
    await exited
  }
  return { handle, exited, powerOff }
}

async function watchToTheEnd(machine: RunningMachine, stopRequested: () => boolean): Promise<MachineExit> {
  const { handle, qmp, witness, log, consolePath } = machine
  const run = runDirectoryAt(handle.runDirectory)
  try {
    let lostHelper: { name: string; log: string } | undefined
    const status = machine.ended ?? ended(handle)
    const gone = status.then(() => true)
    while (!(await Promise.race([gone, sleep(pollMs, false)]))) {
      await limitConsole(consolePath)
      const lost = await firstDead(handle.helpers)
      if (lost === undefined) continue
      // Helpers end when QEMU lets go of them, which it does a moment before its own end.
      if (await Promise.race([gone, sleep(helperGraceMs, false)])) break
      lostHelper = { name: lost, log: await lastLines(run.log(lost)) }
      await endProcess(handle)
    }
    const { exitCode, signal } = await status
    await Promise.race([qmp?.closed, sleep(helperGraceMs)]) // QEMU's last events may still be on their way.
    qmp?.close()
    const panicLine = panicLineOf(await consoleTail(consolePath))
    const facts = { stopRequested: stopRequested(), shutdownReason: witness.reason, panicLine, lostHelper }
    const exit = machineExit({ ...facts, exitCode, signal, log: await lastLines(run.log('qemu')) })
    log.info('machine ended', { exit })
    return exit
  } catch (error) {
    // `exited` never rejects; a watch that cannot go on must not leave a machine that nobody watches.
    log.error('watching a machine failed', { error: String(error) })
    await endProcess(handle).catch(() => log.error('machine cannot be ended', { pid: handle.pid }))
    return { kind: 'crashed', exitCode: null, signal: null, detail: `Watching it failed: ${String(error)}` }
  } finally {
    qmp?.close()
    await cleanUp(handle).catch((error: unknown) => log.warn('leftovers of a machine stay', { error: String(error) }))
  }
}

/** Ends what helpers are left, after giving them the moment that they need to end by themselves; removes the folder. */
export async function cleanUp(handle: MachineHandle): Promise<void> {
  const deadline = Date.now() + helperGraceMs
  while (Date.now() < deadline && (await anyAlive(handle.helpers))) await sleep(10)
  await Promise.all(handle.helpers.map(endProcess))
  await removeRunDirectory(handle.runDirectory)
}

async function ended(handle: MachineHandle): Promise<{ exitCode: null; signal: null }> {
  while (await isAlive(handle)) await sleep(pollMs)
  return { exitCode: null, signal: null }
}

async function firstDead(helpers: MachineHandle['helpers']): Promise<string | undefined> {
  for (const helper of helpers) if (!(await isAlive(helper))) return helper.name
  return undefined
}

async function anyAlive(helpers: MachineHandle['helpers']): Promise<boolean> {
  for (const helper of helpers) if (await isAlive(helper)) return true
  return false
}

function fired(signal: AbortSignal): Promise<'fired'> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve('fired')
    else signal.addEventListener('abort', () => resolve('fired'), { once: true })
  })
}
