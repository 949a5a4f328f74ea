import type { Log } from '../../lib/log.ts'
import type { MachineDriver } from '../../machines/driver.ts'

const reapTimeoutMs = 30_000

/**
 * Ends machines of this home that no task keeps. Never rejects: a leftover that cannot be ended now is met again after the
 * next task, and says so in the log.
 */
export async function reapLeftovers(
  { driver, home, log }: { readonly driver: MachineDriver; readonly home: string; readonly log: Log },
  keep: (name: string) => boolean,
): Promise<void> {
  try {
    const reaped = await driver.reap(home, keep, AbortSignal.timeout(reapTimeoutMs))
    for (const { machine, name, pid } of reaped)
      log.warn('ended a process of a machine that no task keeps', { machine, name, pid })
  } catch (error) {
    log.error('leftovers of machines could not be ended', { reason: String(error) })
  }
}
