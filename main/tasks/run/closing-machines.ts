import type { SlotId } from '../../core/task/task.ts'
import type { Log } from '../../lib/log.ts'
import type { Machine } from '../../machines/driver.ts'

/** A guest that has said that it is done has to write to the disks of its slot what it still has in memory, and no more. */
const usualPowerOffMs = 2 * 60_000

interface Closing {
  readonly slot: SlotId | null
  readonly gone: Promise<unknown>
}

/**
 * Machines of tasks that are done with them: their shares are closed, their guests power off by themselves, and until then they hold their
 * names and the disks of their slots.
 */
export class ClosingMachines {
  readonly #closing = new Map<string, Closing>()
  readonly #log: Log
  readonly #powerOffMs: number

  constructor(log: Log, powerOffMs = usualPowerOffMs) {
    this.#log = log
    this.#powerOffMs = powerOffMs
  }

  /** Sees a machine whose shares are closed to its end; a guest that does not come to it is ended. */
  add(name: string, slot: SlotId | null, machine: Pick<Machine, 'exited' | 'powerOff'>): void {
    const late = setTimeout(() => {
      this.#log.warn('a guest that was done did not power off, and is ended', { machine: name })
      void machine.powerOff(AbortSignal.abort())
    }, this.#powerOffMs)
    late.unref()
    const gone = machine.exited.then(() => {
      clearTimeout(late)
      this.#closing.delete(name)
    })
    this.#closing.set(name, { slot, gone })
  }

  has(name: string): boolean {
    return this.#closing.has(name)
  }

  /** Resolves when the machine of this name is off; at once where there is none. */
  async gone(name: string): Promise<void> {
    await this.#closing.get(name)?.gone
  }

  /** Resolves when none of them holds the disks of the slot. */
  async slotIsFree(slot: SlotId): Promise<void> {
    await Promise.all([...this.#closing.values()].map((closing) => closing.slot === slot && closing.gone))
  }
}
