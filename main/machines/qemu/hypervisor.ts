import { setTimeout as sleep } from 'node:timers/promises'
import { consoleTail } from '../console.ts'
import { panicLineOf } from '../panic-line.ts'
import type { Hypervisor } from '../watch-machine.ts'
import { machineExit } from './exit.ts'
import type { Qmp, QmpEvent } from './qmp.ts'

/** QEMU's last events may still be on their way when its process is gone. */
const lastEventsMs = 1_000

/** Hears from QEMU why the machine stops. */
export class ShutdownWitness {
  reason: string | undefined
  readonly onEvent = ({ name, data }: QmpEvent): void => {
    if (name === 'SHUTDOWN' && typeof data.reason === 'string') this.reason = data.reason
  }
}

/** @param qmp undefined when an adopted QEMU does not answer. */
export function qemuHypervisor(qmp: Qmp | undefined, witness: ShutdownWitness, consolePath: string): Hypervisor {
  return {
    name: 'qemu',
    askToPowerOff: async (signal) => void (await qmp?.execute('system_powerdown', signal)),
    exitOf: async (ending) => {
      await Promise.race([qmp?.closed, sleep(lastEventsMs)])
      const panicLine = panicLineOf(await consoleTail(consolePath))
      return machineExit({ ...ending, shutdownReason: witness.reason, panicLine })
    },
    close: () => qmp?.close(),
  }
}
