import type { Duplex } from 'node:stream'
import { z } from 'zod'
import type { Failure } from '../../core/failure.ts'
import { toFailure } from '../../core/failure.ts'
import type { SalvagedWork } from '../../core/merge/merge.ts'
import type { NewMessage } from '../../core/task/message.ts'
import type { SlotId } from '../../core/task/task.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import type { Machine, MachineDriver } from '../../machines/driver.ts'
import { requireSpace } from '../../tasks/admission/disk-space.ts'
import { openEventLog } from '../../tasks/events/event-log.ts'
import { endTask } from '../../tasks/finish/end-task.ts'
import { salvageTask } from '../../tasks/finish/salvage-task.ts'
import { eventsPath, sessionFolder } from '../../tasks/record/task-files.ts'
import { TaskRecord } from '../../tasks/record/task-record.ts'
import { BeginProgress } from '../../tasks/run/begin-progress.ts'
import { ClosingMachines } from '../../tasks/run/closing-machines.ts'
import { HostClock } from '../../tasks/run/host-clock.ts'
import { recoverTask } from '../../tasks/run/recover-task.ts'
import type { RunnerContext } from '../../tasks/run/task-run.ts'
import { runTask } from '../../tasks/run/task-runner.ts'
import type { PlacedAssignment, PlacedEnd, PlacedStatus } from '../protocol.ts'
import { assignedProvisions, recordAssigned } from './assigned-task.ts'
import { Checkpoints, type Packed } from './checkpoints.ts'
import { layPast } from './lay-past.ts'
import { failedEnd, placedEnd } from './placed-end.ts'
import { placedStatus } from './placed-status.ts'
import { readJson, type SeatFiles } from './seat-files.ts'
import { packSession } from './session-file.ts'
import { takeSlot } from './slots.ts'
import { makeSource, type StoreName, takeHistory } from './store.ts'
import { ToldMessages } from './told-messages.ts'

/** What a node runs its tasks with. */
export interface NodeParts {
  /** The node's own folder: seats, stores, disks of slots. */
  readonly root: string
  readonly driver: MachineDriver
  readonly log: Log
}

const limitsSchema = z.object({
  cpus: z.int(),
  memoryMiB: z.int(),
  bootTimeoutMs: z.number(),
  taskTimeoutMs: z.number(),
  powerOffTimeoutMs: z.number(),
  minFreeGiB: z.number(),
})
const givenSchema = z.object({
  startCommit: z.string(),
  limits: limitsSchema,
  run: z.int(),
  /** How long home's console was when it was given. */
  consoleAt: z.int(),
  /** The same of its network log, where the key is here: what the guest asks is for a gateway of this host then, and never for home's. */
  networkAt: z.int().exactOptional(),
})
type Given = z.infer<typeof givenSchema>

/** Everything that a task begins with. */
export interface Begin {
  readonly store: StoreName
  readonly startCommit: string
  readonly assignment: PlacedAssignment
  readonly consoleAt: number
  readonly networkAt?: number
  /** Of this host, where the key is here. */
  readonly gateway: { ready(): Promise<void> }
}

/**
 * The task of a seat, run by the same code as on the orchestrator's own host, up to where its work is saved; the rest is home's. A keeper that
 * died is followed by one that goes on where it was.
 */
export class NodeTask {
  readonly #parts: NodeParts
  readonly #files: SeatFiles
  readonly #stop: AbortSignal
  /** Called when `status` has changed. */
  readonly #onChange: () => void
  #record: TaskRecord | undefined
  readonly #messages: ToldMessages
  #machine: Pick<Machine, 'openLine'> | undefined
  #why: string | null = null
  #salvaged: SalvagedWork | Failure | undefined
  readonly #checkpoints: Checkpoints
  readonly #closing: ClosingMachines

  constructor(parts: NodeParts, files: SeatFiles, stop: AbortSignal, onChange: () => void) {
    this.#parts = parts
    this.#files = files
    this.#stop = stop
    this.#onChange = onChange
    this.#messages = new ToldMessages(parts.log)
    this.#checkpoints = new Checkpoints(files, parts.log)
    this.#closing = new ClosingMachines(parts.log)
  }

  /** What the seat was given, by a keeper before this one; undefined for one that is empty. */
  static async given(files: SeatFiles): Promise<Omit<Given, 'startCommit' | 'limits'> | undefined> {
    if (!(await pathExists(files.given))) return undefined
    return (await readJson(files.given, givenSchema)) ?? { run: 0, consoleAt: 0 }
  }

  get status(): PlacedStatus {
    return placedStatus(this.#record?.task, this.#why)
  }

  /** Says this to its agent, once for each id. */
  tell(message: NewMessage): void {
    this.#messages.tell(message)
  }

  /** The line of its machine. @throws where it has none at the moment. */
  async openLine(signal: AbortSignal): Promise<Duplex> {
    const { openLine } = this.#machine ?? {}
    if (!openLine) throw new Error('The task has no machine that can be reached')
    return await openLine(signal)
  }

  /** What the task has now. */
  checkpoint(): Promise<Packed | null> {
    return this.#checkpoints.pack(this.#record?.task)
  }

  /** A new connection knows of none. */
  forgetCheckpoint(): void {
    this.#checkpoints.forget()
  }

  /**
   * The end is on disk, with the work beside it. What goes wrong with the task is how it ends.
   * @throws what keeps it from being seen through, saved or packed for now; nothing is lost, and `goOn` of a keeper after this one tries again.
   */
  async begin(begin: Begin): Promise<PlacedEnd> {
    const { root, log } = this.#parts
    const { startCommit, store, assignment, consoleAt, networkAt, gateway } = begin
    const { run, past } = assignment.task
    await writeJsonAtomically(this.#files.given, {
      startCommit,
      limits: assignment.limits,
      run,
      consoleAt,
      ...(networkAt !== undefined && { networkAt }),
    } satisfies Given)
    let record: TaskRecord
    try {
      record = await recordAssigned(assignment, this.#files, this.#recordOptions)
    } catch (error) {
      return await this.#hasEnded(failedEnd(toFailure(error)))
    }
    return await this.#toItsEnd(startCommit, record, async () => {
      let slot: SlotId
      try {
        await requireSpace([root], assignment.limits.minFreeGiB)
        await gateway.ready()
        await takeHistory(root, store, startCommit, this.#files)
        await makeSource(root, store, startCommit, this.#files)
        const { memoryMiB } = assignment.limits
        slot = await takeSlot(
          { root, files: this.#files, repository: store.repository, memoryMiB },
          (why) => this.#waits(why),
          this.#stop,
        )
        await record.add({ type: 'slot-leased', slot })
        if (past) await layPast(record, past, { files: this.#files, startCommit }, this.#stop)
      } catch (error) {
        log.warn('the task could not begin', { reason: String(error) })
        return await endTask(record, toFailure(this.#stop.aborted ? this.#stop.reason : error, 'boot-failed'))
      }
      const provisions = assignedProvisions(assignment, this.#files)
      await runTask({
        ...{ context: await this.#context(assignment.limits), record, slot, provisions, secret: '' },
        ...{ source: { slotIsFree: async () => undefined }, closing: this.#closing, stop: this.#stop, detach: never },
      })
    })
  }

  /**
   * Knows again what became of a task that has ended, for whoever asks for its status. Work that could not be saved then, or not all of it, is tried once more: what
   * was in the way, such as a full disk, may be gone.
   */
  async saveRest(end: PlacedEnd): Promise<PlacedEnd> {
    const { folder: home, taskId: id } = this.#files
    if (!(await pathExists(eventsPath(home, id)))) return end
    await using record = await TaskRecord.open({ home, id }, this.#recordOptions)
    this.#record = record
    const given = await readJson(this.#files.given, givenSchema)
    if (!given || end.kind !== 'ran' || ('saved' in end.work && !end.work.saved.unsaved)) return end
    try {
      const salvaged = await salvageTask(record, { uncounted: true })
      if ('code' in salvaged) return end
      return await this.#hasEnded(
        await placedEnd(record.task, salvaged, { files: this.#files, startCommit: given.startCommit }),
      )
    } catch (error) {
      this.#parts.log.warn('what the task left cannot be saved for now', { reason: String(error) })
      return end
    }
  }

  /** Goes on with what a keeper before this one left: a living machine is adopted, a dead one's work is saved. @throws as `begin` does. */
  async goOn(): Promise<PlacedEnd> {
    const given = await readJson(this.#files.given, givenSchema)
    const { folder: home, taskId: id } = this.#files
    if (!given || !(await pathExists(eventsPath(home, id)))) return await this.#hasEnded(failedEnd(lost))
    const record = await TaskRecord.open({ home, id }, this.#recordOptions)
    return await this.#toItsEnd(given.startCommit, record, async () => {
      if (record.task.state.phase === 'finished') return
      const context = await this.#context(given.limits)
      await recoverTask({ context, record, closing: this.#closing, secret: '', stop: this.#stop, detach: never })
    })
  }

  async #toItsEnd(startCommit: string, record: TaskRecord, run: () => Promise<unknown>): Promise<PlacedEnd> {
    await using _closed = record
    this.#record = record
    this.#messages.begin(record)
    await run()
    await this.#messages.end()
    const { driver, root } = this.#parts
    const { session, share } = { session: this.#files.sessionFile, share: record.files.share }
    await this.#closing.gone(this.#files.taskId) // Its disks are another keeper's next.
    await driver.reap(root, (name) => name !== this.#files.taskId, AbortSignal.timeout(30_000))
    if (!(await packSession(sessionFolder({ share }), session)))
      this.#parts.log.warn('what the agent remembers is too much to keep')
    const end = await placedEnd(record.task, this.#salvaged ?? lost, { files: this.#files, startCommit })
    return await this.#hasEnded(end)
  }

  async #hasEnded(end: PlacedEnd): Promise<PlacedEnd> {
    await writeJsonAtomically(this.#files.end, end)
    return end
  }

  async #context(limits: Given['limits']): Promise<RunnerContext> {
    const { root: home, driver, log } = this.#parts
    return {
      ...{ home, driver, log, clock: new HostClock(log), limits, beginProgress: new BeginProgress(driver) },
      lines: { follow: (_id, machine) => this.#follow(machine) },
      // Nobody listens here: home tells what becomes of the task.
      events: await openEventLog({ directory: this.#files.folder, log }),
      repositories: { list: async () => [] },
      handOver: async (record) => {
        this.#salvaged = await this.#salvage(record)
        return 'finished'
      },
    }
  }

  /** An engine that ends a job signals all of its processes, and what saves the work may be among them: that is no reason to give the work up. */
  async #salvage(record: TaskRecord): Promise<SalvagedWork | Failure> {
    const salvaged = await salvageTask(record)
    return 'code' in salvaged && this.#stop.aborted ? await salvageTask(record) : salvaged
  }

  /** What is opened to it is home's to close. */
  #follow(machine: Pick<Machine, 'openLine'>): Disposable {
    this.#machine = machine
    return {
      [Symbol.dispose]: () => {
        if (this.#machine === machine) this.#machine = undefined
      },
    }
  }

  get #recordOptions() {
    return { onChange: () => this.#onChange() }
  }

  #waits(why: string | null): void {
    if (why === this.#why) return
    this.#why = why
    this.#onChange()
  }
}

/** A keeper never lets go of a machine by itself. */
const never = new AbortController().signal

const lost: Failure = {
  code: 'interrupted',
  message: 'The node lost what it had of the task',
  hint: 'Run the task again',
}
