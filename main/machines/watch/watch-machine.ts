import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineExit, MachineHandle } from '../../core/task/task.ts'
import type { Log } from '../../lib/log.ts'
import { comeLast } from '../../lib/processes/come-last.ts'
import { endFamily } from '../../lib/processes/end-family.ts'
import { isAlive, type ProcessIdentity, pidIsTaken } from '../../lib/processes/process-identity.ts'
import { isShortage } from '../../lib/shortage.ts'
import type { Machine } from '../driver.ts'
import { endProcess, type HelperProcess, lastLines } from '../helper-process.ts'
import { removeRunDirectory, runDirectoryAt } from '../run-directory.ts'
import { connectSocket } from './connect-socket.ts'
import { cutConsole, limitConsole } from './console.ts'

const pollMs = 250
/**
 * A start time costs a child process where there is no /proc, so there it is compared every ten seconds and in between the pid must do.
 * On Linux each look compares it: an orphan whose new parent is slow to bury it keeps its pid for a while, and is dead.
 */
const roundsBetweenLooks = process.platform === 'linux' ? 1 : 40
/** How long helpers may take to see that the hypervisor is gone before they are killed. */
const helperGraceMs = 1_000
/** How long a hypervisor that has said that its guest is off may take to be gone: ten at once on few processors take seconds. */
const shutdownGraceMs = 60_000

/** What is known of a machine that is gone, whatever ran it. */
export interface Ending {
  /** We asked it to power off, or killed it because it did not. */
  readonly stopRequested: boolean
  /** A helper that ended while the machine ran. */
  readonly lostHelper: { readonly name: string; readonly log: string } | undefined
  /** null of both: the process was not our child, so its status is unknown. */
  readonly exitCode: number | null
  readonly signal: string | null
  /** Last lines that the hypervisor wrote. */
  readonly log: string
}

/** How one hypervisor is spoken to while its machine runs. */
export interface Hypervisor {
  /** Of its log in the run directory. */
  readonly name: string
  /** Throws when the wish is not taken, as the next three do. */
  askToPowerOff(signal: AbortSignal): Promise<void>
  pause(signal: AbortSignal): Promise<void>
  /** With the host's time, where the guest does not see to that itself. */
  resume(signal: AbortSignal): Promise<void>
  setClock(signal: AbortSignal): Promise<void>
  /** Whether the shares have servers of their own, among the helpers. */
  readonly hasShareServers: boolean
  /** Unplugs the guest's network cards. Never rejects. */
  unplug?(): Promise<void>
  /** Its own way to cut the power; the process is killed after it in any case. Never rejects. */
  cutPower?(): Promise<void>
  /** An end of the guest that leaves the hypervisor running; asked for again and again. */
  findFailure?(): Promise<MachineExit | undefined>
  /** Whether the guest is off, or about to be, and the hypervisor on its way out. */
  isShuttingDown?(): boolean
  /** How the machine ended; asked once, when its process is gone. */
  exitOf(ending: Ending): Promise<MachineExit>
  /** Ends the connection; nothing is asked any more. */
  close(): void
}

interface RunningMachine {
  readonly handle: MachineHandle
  readonly consolePath: string
  /** Whether it has the line of `Machine.openLine`. */
  readonly hasLine: boolean
  /** The end of the hypervisor as its parent sees it; undefined for a machine that another process started. */
  readonly ended: HelperProcess['ended'] | undefined
  readonly hypervisor: Hypervisor
  readonly log: Log
}

/** Watches a running machine to its end, and cleans up after it. */
export function watchMachine(machine: RunningMachine): Machine {
  const { handle, hypervisor, log } = machine
  let stopRequested = false
  let sharesClosed = false
  const exited = watchToTheEnd(machine, { stopRequested: () => stopRequested, sharesClosed: () => sharesClosed })

  const powerOff = async (signal: AbortSignal): Promise<void> => {
    stopRequested = true
    const gone = exited.then(() => 'gone' as const)
    if (!signal.aborted) {
      await hypervisor.askToPowerOff(signal).catch((error: unknown) => {
        log.info('power-down request not taken', { error: String(error) })
      })
      if ((await Promise.race([gone, fired(signal)])) === 'gone') return
    }
    await hypervisor.cutPower?.()
    await endProcess(handle)
    await exited
  }
  const closeShares = async (): Promise<void> => {
    sharesClosed = true // Before: a helper that is missed is taken for the end of the machine.
    comeLast(handle.pid) // What is left to it is its own end, and others read what it left.
    await Promise.all([hypervisor.unplug?.(), ...handle.helpers.map(endHelper)]).catch(async (error: unknown) => {
      log.warn('the shares of a machine cannot be closed, so it is ended', { error: String(error) })
      await powerOff(AbortSignal.abort())
    })
  }
  const { pause, resume, setClock } = hypervisor
  const { attachSocket } = runDirectoryAt(handle.runDirectory)
  const openLine = machine.hasLine ? (signal: AbortSignal) => connectSocket(attachSocket, signal) : null
  return {
    ...{ handle, exited, openLine, pause, resume, setClock, powerOff },
    closeShares: hypervisor.hasShareServers ? closeShares : null,
  }
}

/** What was done to a machine while it is watched. */
interface Doings {
  readonly stopRequested: () => boolean
  readonly sharesClosed: () => boolean
}

async function watchToTheEnd(machine: RunningMachine, { stopRequested, sharesClosed }: Doings): Promise<MachineExit> {
  const { handle, hypervisor, log, consolePath } = machine
  const run = runDirectoryAt(handle.runDirectory)
  try {
    let lostHelper: Ending['lostHelper']
    let failure: MachineExit | undefined
    const status = machine.ended ?? ended(handle)
    const gone = status.then(() => true)
    for (let round = 1; !(await Promise.race([gone, sleep(pollMs, false)])); round += 1) {
      await unlessShort(() => limitConsole(consolePath))
      failure = await unlessShort(async () => hypervisor.findFailure?.())
      const lost = failure || sharesClosed() ? undefined : await firstDead(handle.helpers, round)
      if (!failure && lost === undefined) continue
      // Helpers end when the hypervisor lets go of them, which it does a moment before its own end.
      if (await Promise.race([gone, sleep(helperGraceMs, false)])) break
      const isOnItsWay = lost !== undefined && hypervisor.isShuttingDown?.()
      if (isOnItsWay && (await Promise.race([gone, sleep(shutdownGraceMs, false)]))) break
      if (lost !== undefined) lostHelper = { name: lost, log: await lastLines(run.log(lost)) }
      await hypervisor.cutPower?.()
      await endProcess(handle)
    }
    await unlessShort(() => cutConsole(consolePath))
    const ending = { ...(await status), stopRequested: stopRequested(), lostHelper }
    const exit = failure ?? (await hypervisor.exitOf({ ...ending, log: await lastLines(run.log(hypervisor.name)) }))
    log.info('machine ended', { exit })
    return exit
  } catch (error) {
    // `exited` never rejects; a watch that cannot go on must not leave a machine that no one watches.
    log.error('watching a machine failed', { error: String(error) })
    await endProcess(handle).catch(() => log.error('machine cannot be ended', { pid: handle.pid }))
    return { kind: 'crashed', exitCode: null, signal: null, detail: `Watching it failed: ${String(error)}` }
  } finally {
    hypervisor.close()
    await cleanUp(handle).catch((error: unknown) => log.warn('leftovers of a machine stay', { error: String(error) }))
  }
}

/** At once; but for the gateway, which writes down what it let through as its connections end. */
async function endHelper(helper: MachineHandle['helpers'][number]): Promise<void> {
  if (helper.name === 'gateway' && (await isAlive(helper))) {
    askToEnd(helper.pid)
    await goneWithin([helper], helperGraceMs)
  }
  await endFamily(helper)
}

function askToEnd(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Ends what helpers are left, after giving them the moment that they need to end by themselves; removes the folder. */
export async function cleanUp(handle: MachineHandle): Promise<void> {
  await goneWithin(handle.helpers, helperGraceMs)
  await Promise.all(handle.helpers.map(endProcess))
  await removeRunDirectory(handle.runDirectory)
}

async function ended(handle: MachineHandle): Promise<{ exitCode: null; signal: null }> {
  for (let round = 0; await looksAlive(handle, round); round += 1) await sleep(pollMs)
  return { exitCode: null, signal: null }
}

async function firstDead(helpers: MachineHandle['helpers'], round: number): Promise<string | undefined> {
  for (const helper of helpers) if (!(await looksAlive(helper, round))) return helper.name
  return undefined
}

const looksAlive = async (identity: ProcessIdentity, round: number): Promise<boolean> =>
  round % roundsBetweenLooks === 0 ? ((await unlessShort(() => isAlive(identity))) ?? true) : pidIsTaken(identity.pid)

/** A host that is short of something for a moment is no reason to end a machine: undefined, and the next look tells. */
async function unlessShort<Result>(look: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await look()
  } catch (error) {
    if (isShortage(error)) return undefined
    throw error
  }
}

async function goneWithin(helpers: MachineHandle['helpers'], ms: number): Promise<void> {
  const deadline = Date.now() + ms
  while (Date.now() < deadline && (await anyAlive(helpers))) await sleep(3)
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
