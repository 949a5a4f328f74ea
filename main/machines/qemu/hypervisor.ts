import { setTimeout as sleep } from 'node:timers/promises'
import type { ClockLine } from '../watch/clock-line.ts'
import { consoleTail } from '../watch/console.ts'
import { panicLineOf } from '../watch/panic-line.ts'
import type { Hypervisor } from '../watch/watch-machine.ts'
import { machineExit } from './exit.ts'
import { cardIds } from './network.ts'
import type { Qmp, QmpEvent } from './qmp.ts'

/** QEMU's last events may still be on their way when its process is gone. */
const lastEventsMs = 1_000

/** QEMU does it at once; one that does not answer is not waited for. */
const unplugMs = 500

/** Hears from QEMU why the machine stops. */
export class ShutdownWitness {
  reason: string | undefined
  readonly onEvent = ({ name, data }: QmpEvent): void => {
    if (name === 'SHUTDOWN' && typeof data.reason === 'string') this.reason = data.reason
  }
}

export interface QemuConnections {
  /** Undefined when an adopted QEMU does not answer. */
  readonly qmp: Qmp | undefined
  readonly clock: ClockLine
  readonly witness: ShutdownWitness
}

export function qemuHypervisor({ qmp, clock, witness }: QemuConnections, consolePath: string): Hypervisor {
  const setClock = (signal: AbortSignal) => clock.tell(signal)
  return {
    name: 'qemu',
    askToPowerOff: async (signal) => {
      await qmp?.execute('cont', signal) // A guest that stands still would hear of it only when it goes on.
      await qmp?.execute('system_powerdown', signal)
    },
    pause: async (signal) => void (await qmp?.execute('stop', signal)),
    resume: async (signal) => {
      await setClock(signal) // Before it goes on: the message waits for it.
      await qmp?.execute('cont', signal)
    },
    setClock,
    hasShareServers: true,
    unplug: async () => {
      // A machine has one of them or both.
      const down = cardIds.map((name) =>
        qmp?.execute({ execute: 'set_link', arguments: { name, up: false } }, AbortSignal.timeout(unplugMs)),
      )
      await Promise.allSettled(down)
    },
    isShuttingDown: () => witness.reason !== undefined,
    exitOf: async (ending) => {
      await Promise.race([qmp?.closed, sleep(lastEventsMs)])
      const panicLine = panicLineOf(await consoleTail(consolePath))
      return machineExit({ ...ending, shutdownReason: witness.reason, panicLine })
    },
    close: () => {
      qmp?.close()
      clock.close()
    },
  }
}
