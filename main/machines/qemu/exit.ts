import type { MachineExit } from '../../core/task.ts'

/** What is known of a machine that is gone. */
export interface ExitFacts {
  /** We asked it to power off, or killed it because it did not. */
  readonly stopRequested: boolean
  /** `reason` of QEMU's last SHUTDOWN event; undefined when QEMU ended without one. */
  readonly shutdownReason: string | undefined
  /** The line with which the guest's kernel gave up, from its console. */
  readonly panicLine: string | undefined
  /** A helper that ended while the machine ran. */
  readonly lostHelper: { readonly name: string; readonly log: string } | undefined
  /** null of both: the process was not our child, so its status is unknown. */
  readonly exitCode: number | null
  readonly signal: string | null
  /** Last lines that QEMU wrote. */
  readonly log: string
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

/** The last panic that a console tells of, made safe to show. Pure. */
export function panicLineOf(consoleText: string): string | undefined {
  const line = consoleText.split(/\r?\n/).findLast((text) => text.includes('Kernel panic - not syncing'))
  // Guest text: control characters have no business in a message.
  return line?.slice(line.indexOf('Kernel panic'), 500).replace(/[^\x20-\x7e]/g, '')
}
