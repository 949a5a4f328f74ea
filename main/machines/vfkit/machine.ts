import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineHandle } from '../../core/task.ts'
import type { Log } from '../../lib/log.ts'
import type { Machine } from '../driver.ts'
import type { HelperProcess } from '../helper-process.ts'
import { watchMachine } from '../watch-machine.ts'
import { vfkitHypervisor } from './hypervisor.ts'
import type { VfkitControl } from './rest.ts'

/** A machine that can stand still, as it must while its host sleeps: the guest's clock stands too. */
export interface VfkitMachine extends Machine {
  /** Resolves when the guest stands still. Throws when it cannot, for one because it has ended. */
  pause(signal: AbortSignal): Promise<void>
  /** Resolves when the guest goes on; at once when it never stood. Throws as `pause` does. */
  resume(signal: AbortSignal): Promise<void>
}

interface Parts {
  readonly handle: MachineHandle
  readonly consolePath: string
  readonly ended: HelperProcess['ended'] | undefined
  readonly control: VfkitControl
  readonly log: Log
}

/** Watches a running vfkit to its end. */
export function watchVfkit({ control, ...parts }: Parts): VfkitMachine {
  const machine = watchMachine({ ...parts, hypervisor: vfkitHypervisor(control, parts.consolePath) })
  /** The framework answers a wish at once and fulfils it a moment later. */
  const reach = async (change: 'Pause' | 'Resume', state: string, signal: AbortSignal): Promise<void> => {
    if ((await control.state(signal)).state !== state) await control.change(change, signal)
    while ((await control.state(signal)).state !== state) await sleep(20, undefined, { signal })
  }
  return {
    ...machine,
    pause: (signal) => reach('Pause', 'VirtualMachineStatePaused', signal),
    resume: (signal) => reach('Resume', 'VirtualMachineStateRunning', signal),
  }
}
