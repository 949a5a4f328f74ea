import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import { allSlots, type SlotId, slotCount, type TaskId } from '../../core/task/task.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'

/** A slot in use; disposing it frees the slot, once. */
export interface SlotLease extends Disposable {
  readonly slot: SlotId
}

/** The slot that a repository gets when nothing is remembered of it: the same on every host and at every start. */
export function hashedSlot(repoPath: string): SlotId {
  const digest = createHash('sha256').update(repoPath).digest()
  return ((digest.readUInt32BE(0) % slotCount) + 1) as SlotId
}

/** The preferred slot if it is free, else the lowest free one; undefined when all are taken. */
export function chooseSlot(preferred: SlotId, busy: ReadonlySet<SlotId>): SlotId | undefined {
  return busy.has(preferred) ? allSlots.find((slot) => !busy.has(slot)) : preferred
}

const assignmentsSchema = z.record(z.string(), z.int().min(1).max(slotCount))

/** A slot on loan, and how its holder is notified that it is taken back. */
interface Loan {
  readonly onTakenBack: () => void
}

/** Who has which of the ten slots. Leases live in memory; the affinity of repositories in `slot-assignments.json`. */
export class SlotPool {
  readonly #path: string
  readonly #assignments: Map<string, SlotId>
  readonly #busy = new Map<SlotId, TaskId>()
  readonly #lent = new Map<SlotId, Loan>()

  private constructor(path: string, assignments: Map<string, SlotId>) {
    this.#path = path
    this.#assignments = assignments
  }

  /** @throws AppError('home-unusable') when the file exists and cannot be understood; it is not replaced. */
  static async open(path: string): Promise<SlotPool> {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new SlotPool(path, new Map())
      throw new AppError('home-unusable', `${path} cannot be read`, { cause })
    }
    try {
      const entries = Object.entries(assignmentsSchema.parse(JSON.parse(text)))
      return new SlotPool(path, new Map(entries.map(([repo, slot]) => [repo, slot as SlotId])))
    } catch (cause) {
      throw new AppError('home-unusable', `${path} is damaged`, {
        hint: 'Correct or delete it: it only remembers preferences',
        cause,
      })
    }
  }

  /**
   * Takes a slot at once, the repository's preferred one when it is free. One on loan is taken back when there is no other.
   * @throws AppError('slots-busy') naming the active tasks.
   */
  lease(repoPath: string, taskId: TaskId): SlotLease {
    const preferred = this.preferred(repoPath)
    const taken = [...this.#busy.keys()]
    const slot =
      chooseSlot(preferred, new Set([...taken, ...this.#lent.keys()])) ?? chooseSlot(preferred, new Set(taken))
    if (slot === undefined) {
      const active = [...this.#busy].map(([number, id]) => `${id} in slot ${number}`).join(', ')
      throw new AppError('slots-busy', `All ${slotCount} slots are busy: ${active}`, {
        hint: 'Wait for one with wait_next_event, or see list_slots',
      })
    }
    const loan = this.#lent.get(slot)
    this.#lent.delete(slot)
    loan?.onTakenBack()
    return this.#hold(slot, taskId)
  }

  /**
   * A free slot for as long as no task needs it: that which the next task of the repository would have. Undefined when none is free.
   * `onTakenBack` must not throw; the task that has the slot then waits for its disks.
   */
  lend(repoPath: string, onTakenBack: () => void): SlotLease | undefined {
    const slot = chooseSlot(this.preferred(repoPath), new Set([...this.#busy.keys(), ...this.#lent.keys()]))
    if (slot === undefined) return undefined
    const loan: Loan = { onTakenBack }
    this.#lent.set(slot, loan)
    return {
      slot,
      [Symbol.dispose]: () => {
        if (this.#lent.get(slot) === loan) this.#lent.delete(slot)
      },
    }
  }

  /** The slot that the repository gets when it is free. */
  preferred(repoPath: string): SlotId {
    return this.remembered(repoPath) ?? hashedSlot(repoPath)
  }

  /** The slot that the repository had first; null while it had none. */
  remembered(repoPath: string): SlotId | null {
    return this.#assignments.get(repoPath) ?? null
  }

  /** Takes the very slot that a surviving machine uses. */
  reclaim(slot: SlotId, taskId: TaskId): SlotLease {
    const holder = this.#busy.get(slot)
    if (holder) throw new AppError('internal', `Slot ${slot} is held by ${holder} and ${taskId}`)
    return this.#hold(slot, taskId)
  }

  /** Makes the slot the repository's preferred one from now on. */
  async remember(repoPath: string, slot: SlotId): Promise<void> {
    if (this.#assignments.has(repoPath)) return
    this.#assignments.set(repoPath, slot)
    await writeJsonAtomically(this.#path, Object.fromEntries(this.#assignments))
  }

  list(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[] {
    return allSlots.map((slot) => ({ slot, taskId: this.#busy.get(slot) ?? null }))
  }

  #hold(slot: SlotId, taskId: TaskId): SlotLease {
    this.#busy.set(slot, taskId)
    return {
      slot,
      [Symbol.dispose]: () => {
        if (this.#busy.get(slot) === taskId) this.#busy.delete(slot)
      },
    }
  }
}
