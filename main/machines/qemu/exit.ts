import type { MachineExit } from '../../core/task/task.ts'
import type { Ending } from '../watch/watch-machine.ts'

export interface ExitFacts extends Ending {
  /** `reason` of QEMU's last SHUTDOWN event; undefined when QEMU ended without one. */
  readonly shutdownReason: string | undefined
  /** The line with which the guest's kernel gave up, from its console. */
  readonly panicLine: string | undefined
}

/** How a machine ended. Pure. */
export function machineExit(facts: ExitFacts): MachineExit {
  const { exitCode, signal, lostHelper } = facts
  if (lostHelper !== undefined) {
    const detail = `${lostHelper.name} ended while the machine ran${lostHelper.log && `: ${lostHelper.log}`}`
    return { kind: 'crashed', exitCode, signal, detail }
  }
  switch (facts.shutdownReason) {
    case 'guest-panic':
      return { kind: 'panicked', detail: facts.panicLine ?? 'The guest kernel panicked' }
    case 'guest-reset':
      // A guest never reboots by itself but for its kernel's `panic=-1`.
      if (facts.stopRequested && facts.panicLine === undefined) return { kind: 'stopped' }
      return { kind: 'panicked', detail: facts.panicLine ?? 'The guest reset itself and said nothing' }
    case 'guest-shutdown':
      return facts.stopRequested ? { kind: 'stopped' } : { kind: 'powered-off' }
    default:
      if (facts.stopRequested) return { kind: 'stopped' }
      return { kind: 'crashed', exitCode, signal, detail: facts.log || 'QEMU ended without a word' }
  }
}
