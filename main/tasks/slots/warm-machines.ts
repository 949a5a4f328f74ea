import { type MachineHandle, type SlotId, slotCount, type Task, type TaskId } from '../../core/task/task.ts'
import type { GuestMemory } from '../admission/guest-memory.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import type { UnfinishedTasks } from '../record/unfinished-tasks.ts'
import { workFolderFor } from '../record/work-places.ts'
import type { ClosingMachines } from '../run/closing-machines.ts'
import type { Provisions } from './provisions.ts'
import type { SlotLease, SlotPool } from './slot-pool.ts'
import { WarmMachine, type WarmMachineParts } from './warm-machine.ts'

export interface WarmMachinesOptions {
  readonly context: WarmMachineParts & WarmRules
  readonly catalog: Pick<TaskCatalog, 'newId'>
  /** Where a machine's folder is noted, so that the next start finds what a crash left. */
  readonly unfinished: UnfinishedTasks
  readonly memory: Pick<GuestMemory, 'hasRoomAhead'>
  /** Machines of tasks that are done with them. */
  readonly closing: Pick<ClosingMachines, 'slotIsFree'>
}

/** Read at each use: settings may change. */
interface WarmRules {
  readonly slots: SlotPool
  readonly provisions: (repoPath: string) => Promise<Provisions>
  /** How many may wait at once, each for another repository. Default 0: none. */
  readonly warmMachines?: number
  /** Where the large parts of a task's lie; null or left out: in the home. */
  readonly tasksFolder?: string | null
}

/** A repository that gets no task for so long is not in use. */
const waitMs = 30 * 60_000

interface Waiting {
  readonly machine: WarmMachine
  /** The right to its slot, until a task needs that. */
  readonly loan: SlotLease
}

/**
 * Machines that wait for a task, one for each of the repositories that were used last. They are guests of the host: a task that needs
 * their slot or their memory has it.
 */
export class WarmMachines implements AsyncDisposable {
  readonly #options: WarmMachinesOptions
  /** By the id of the task-to-be; those that are being ended are included. */
  readonly #waiting = new Map<TaskId, Waiting>()
  /** Those whose tasks are not at work with them yet. */
  #taken: readonly WarmMachine[] = []
  /** Repositories, the one used last first. */
  #recent: readonly string[] = []
  /** The task of each that was heard of last: the next one is most likely given the same. */
  readonly #last = new Map<string, Task>()
  /** Tasks at work, each of which may move its branch at its end. */
  readonly #atWork = new Map<TaskId, string>()
  #filling: Promise<void> = Promise.resolve()
  #noted: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: WarmMachinesOptions) {
    this.#options = options
  }

  /** Whether a machine of this name waits, for a task or for its own to begin. */
  has(name: string): boolean {
    return [...this.#waiting.keys(), ...this.#onTheWay().map(({ id }) => id)].some((id) => id === name)
  }

  /** The handles of those that wait, null for one that is just being booted. */
  get handles(): readonly (MachineHandle | null)[] {
    return [...this.#waiting.values()].map(({ machine }) => machine.handle)
  }

  /** The slot and the repository of each that can still be had. */
  list(): readonly { readonly slot: SlotId; readonly repoPath: string }[] {
    const here = [...this.#waiting.values()].filter(({ machine }) => !machine.isLeaving)
    return here.map(({ machine: { slot, repoPath } }) => ({ slot, repoPath }))
  }

  /** A task changed: where it is at work, or over, the next one of its repository should find a machine. */
  heard(task: Task): void {
    const { id, repoPath, state } = task
    if (state.phase === 'finished' || state.phase === 'parked') this.#atWork.delete(id)
    if (state.phase === 'working') this.#atWork.set(id, repoPath)
    // Not earlier: a machine for the next task is not booted beside one that a task waits for.
    if (state.phase !== 'working' && state.phase !== 'finished') return
    this.#recent = [repoPath, ...this.#recent.filter((path) => path !== repoPath)].slice(0, slotCount)
    this.#last.set(repoPath, task)
    this.adjust()
  }

  /** Brings what waits in line with what was used last and with the limit, which may be another one now. */
  adjust(): void {
    if (this.#closed || (this.#limit === 0 && this.#waiting.size === 0)) return
    this.#filling = this.#filling.then(() => this.#fill())
  }

  /** The machine that waits for a task of the repository; the caller has it from now on, and its slot is free for that task. */
  take(repoPath: string): WarmMachine | undefined {
    const found = this.#find(repoPath)
    if (!found) return undefined
    this.#waiting.delete(found.machine.id)
    found.loan[Symbol.dispose]()
    this.#taken = [...this.#onTheWay(), found.machine]
    return found.machine
  }

  /** Ends all that wait, so that a task can begin. Resolves with false when there was none. */
  async giveWay(): Promise<boolean> {
    const machines = [...this.#waiting.values()].map(({ machine }) => machine)
    await Promise.all(machines.map((machine) => machine.end()))
    return machines.length > 0
  }

  /** Resolves when no machine that waited there, or whose task is over, holds the disks of the slot, which a task has. */
  async slotIsFree(slot: SlotId): Promise<void> {
    // Of those that wait at this moment: the next one to wait there may be the one that asks.
    const waiting = [...this.#waiting.values()].map(({ machine }) => machine.slot === slot && machine.end())
    await Promise.all([this.#options.closing.slotIsFree(slot), ...waiting])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    await this.giveWay() // What they are loading is not waited for.
    await this.#filling
    await this.giveWay()
    await this.#noted
  }

  get #limit(): number {
    return this.#options.context.warmMachines ?? 0
  }

  /** Never rejects. */
  async #fill(): Promise<void> {
    const wanted = this.#recent.slice(0, this.#limit)
    for (const { machine } of this.#waiting.values()) if (!wanted.includes(machine.repoPath)) await machine.end()
    for (const repoPath of wanted) if (!this.#find(repoPath)) await this.#bootFor(repoPath)
    for (const repoPath of wanted) await this.#loadFor(repoPath)
  }

  /** While nothing of the repository is at work: what is loaded would have to go again at the end of that. */
  async #loadFor(repoPath: string): Promise<void> {
    const { provisions, log } = this.#options.context
    const mayLoad = () => !this.#closed && ![...this.#atWork.values()].includes(repoPath)
    const like = this.#last.get(repoPath)
    if (!like || !mayLoad()) return
    try {
      const given = await provisions(repoPath)
      if (mayLoad()) await this.#find(repoPath)?.machine.load(like, given)
    } catch (error) {
      log.info('no agent is loaded ahead', { repository: repoPath, reason: String(error) })
    }
  }

  async #bootFor(repoPath: string): Promise<void> {
    const { context, catalog, unfinished, memory } = this.#options
    const { slots, provisions, log } = context
    const id = catalog.newId()
    try {
      const given = await provisions(repoPath)
      const workFolder = await workFolderFor(context.tasksFolder ?? null, id)
      if (!(await memory.hasRoomAhead(this.handles)) || this.#closed) return
      await unfinished.add(id, repoPath)
      const loan = slots.lend(repoPath, () => void this.#waiting.get(id)?.machine.end())
      if (!loan) return await unfinished.remove(id)
      const { slot } = loan
      const warmSlot = { id, repoPath, slot, workFolder, free: this.slotIsFree(slot) }
      const machine = new WarmMachine(warmSlot, given, context, () => this.#gone(id))
      this.#waiting.set(id, { machine, loan })
      setTimeout(() => this.#waiting.has(id) && void machine.end(), waitMs).unref()
    } catch (error) {
      log.info('no machine is booted ahead', { repository: repoPath, reason: String(error) })
    }
  }

  #onTheWay(): readonly WarmMachine[] {
    return this.#taken.filter((machine) => !machine.isHandedOver && !machine.isLeaving)
  }

  #find(repoPath: string): Waiting | undefined {
    return [...this.#waiting.values()].find(({ machine }) => machine.repoPath === repoPath && !machine.isLeaving)
  }

  /** One that was taken is its task's: what is noted of it stays. */
  #gone(id: TaskId): void {
    const gone = this.#waiting.get(id)
    if (!gone) return
    this.#waiting.delete(id)
    gone.loan[Symbol.dispose]()
    this.#noted = Promise.all([this.#noted, this.#options.unfinished.remove(id)]).then(() => undefined)
  }
}
