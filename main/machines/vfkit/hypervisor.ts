import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineExit } from '../../core/task/task.ts'
import type { ClockLine } from '../watch/clock-line.ts'
import { consoleTail } from '../watch/console.ts'
import { hangsInPanic, panicLineOf } from '../watch/panic-line.ts'
import type { Ending, Hypervisor } from '../watch/watch-machine.ts'
import type { VfkitControl } from './rest.ts'

/** For the framework to close the disk images; then the process is killed. */
const hardStopMs = 2_000

/** The two states that a machine is brought into and out of. */
const goals = { Pause: 'VirtualMachineStatePaused', Resume: 'VirtualMachineStateRunning' } as const

export interface VfkitConnections {
  readonly control: VfkitControl
  readonly clock: ClockLine
}

/** A machine under vfkit, which has no way to tell by itself why its guest ended. */
export function vfkitHypervisor({ control, clock }: VfkitConnections, consolePath: string): Hypervisor {
  /** The framework takes a wish at once and fulfils it a moment later. @returns whether there was anything to do. */
  const reach = async (change: keyof typeof goals, signal: AbortSignal): Promise<boolean> => {
    if ((await control.state(signal)).state === goals[change]) return false
    await control.change(change, signal)
    while ((await control.state(signal)).state !== goals[change]) await sleep(20, undefined, { signal })
    return true
  }
  return {
    name: 'vfkit',
    hasShareServers: false,
    askToPowerOff: async (signal) => {
      // A guest that stands still would hear of it only when it goes on.
      if ((await control.state(signal)).canResume) await reach('Resume', signal)
      await control.change('Stop', signal)
    },
    pause: async (signal) => void (await reach('Pause', signal)),
    resume: async (signal) => {
      if (await reach('Resume', signal)) await clock.tell(signal) // No one takes the message before it goes on.
    },
    setClock: (signal) => clock.tell(signal),
    cutPower: () => control.change('HardStop', AbortSignal.timeout(hardStopMs)).catch(() => undefined), // Killed all the same.
    findFailure: () => findPanic(consolePath),
    exitOf: async (ending) => vfkitExit(ending),
    close: () => clock.close(),
  }
}

/** vfkit ends with status 0 when its guest powers off, and says so in its log, where a later process can read it. Pure. */
export function vfkitExit({ stopRequested, lostHelper, exitCode, signal, log }: Ending): MachineExit {
  if (lostHelper !== undefined) {
    const detail = `${lostHelper.name} ended while the machine ran${lostHelper.log && `: ${lostHelper.log}`}`
    return { kind: 'crashed', exitCode, signal, detail }
  }
  if (stopRequested) return { kind: 'stopped' }
  if (exitCode === 0 || (exitCode === null && signal === null && log.includes('VM is stopped'))) {
    return { kind: 'powered-off' }
  }
  return { kind: 'crashed', exitCode, signal, detail: log || 'vfkit ended without a word' }
}

async function findPanic(consolePath: string): Promise<MachineExit | undefined> {
  const text = await consoleTail(consolePath)
  if (!hangsInPanic(text)) return undefined
  return { kind: 'panicked', detail: panicLineOf(text) ?? 'The guest kernel panicked' }
}
