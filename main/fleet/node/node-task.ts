import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { Failure } from '../../core/failure.ts'
import { toFailure } from '../../core/failure.ts'
import type { SalvagedWork } from '../../core/merge/merge.ts'
import type { AgentChoice } from '../../core/task/agent-choice.ts'
import type { SlotId, Task } from '../../core/task/task.ts'
import { livingObjects } from '../../git/repository/object-folder.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { pathExists } from '../../lib/files/look.ts'
import type { Log } from '../../lib/log.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import { requireSpace } from '../../tasks/admission/disk-space.ts'
import { GuestLines } from '../../tasks/attach/guest-lines.ts'
import { openEventLog } from '../../tasks/events/event-log.ts'
import { endTask } from '../../tasks/finish/end-task.ts'
import { salvageTask } from '../../tasks/finish/salvage-task.ts'
import { eventsPath, filesOf } from '../../tasks/record/task-files.ts'
import { TaskRecord } from '../../tasks/record/task-record.ts'
import type { BroughtWork } from '../../tasks/record/told-work-schema.ts'
import { readLivingClone } from '../../tasks/review/look-with-worker.ts'
import { cancelled } from '../../tasks/run/cancel-task.ts'
import { HostClock } from '../../tasks/run/host-clock.ts'
import { recoverTask } from '../../tasks/run/recover-task.ts'
import type { RunnerContext } from '../../tasks/run/task-run.ts'
import { runTask } from '../../tasks/run/task-runner.ts'
import type { Provisions } from '../../tasks/slots/provisions.ts'
import type { PlacedAssignment, PlacedEnd, PlacedStatus } from '../protocol.ts'
import { readJson, type SeatFiles } from './seat-files.ts'
import { takeSlot } from './slots.ts'
import { makeSource, packWork, type StoreName, takeHistory, tipsOf } from './store.ts'

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
const givenSchema = z.object({ startCommit: z.string(), limits: limitsSchema })
type Given = z.infer<typeof givenSchema>

/** Everything that a task begins with. */
export interface Begin {
  readonly store: StoreName
  readonly startCommit: string
  readonly assignment: PlacedAssignment
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
  #why: string | null = null
  #salvaged: SalvagedWork | Failure | undefined
  /** The last that was packed. */
  #checkpoint: string | undefined

  constructor(parts: NodeParts, files: SeatFiles, stop: AbortSignal, onChange: () => void) {
    this.#parts = parts
    this.#files = files
    this.#stop = stop
    this.#onChange = onChange
  }

  /** Whether the seat was given its task, by this keeper or one before it. */
  static isGiven(files: SeatFiles): Promise<boolean> {
    return pathExists(files.given)
  }

  get status(): PlacedStatus {
    const task = this.#record?.task
    return {
      phase: this.#why !== null || !task ? 'waiting' : phaseOf(task),
      why: this.#why,
      hasMachine: task?.machineStartedAt != null,
      hasAgent: task?.agentStartedAt != null,
      notes: (task?.notes ?? []).slice(0, 40).map((note) => note.slice(0, 4_000)),
      stopReason: task?.stopReason ?? null,
    }
  }

  /**
   * What the task has now, files that are not committed too, in `checkpointPack`. Null where there is nothing new, the agent does not work, or
   * the clone cannot be read this time.
   */
  async checkpoint(): Promise<string | null> {
    const task = this.#record?.task
    if (task?.state.phase !== 'working' || task.startCommit === null) return null
    const { id: taskId, startCommit, repoPath } = task
    const { living: folder, checkpointPack: pack } = this.#files
    const { repo: workspace } = filesOf(task)
    try {
      const request = { repoPath, workspace, folder, taskId, startCommit }
      const { commit } = await readLivingClone(request, AbortSignal.timeout(checkpointMs))
      if (commit === startCommit || commit === this.#checkpoint) return null
      await packWork(this.#files, { pack, startCommit, tips: [commit], objects: livingObjects(folder) })
      this.#checkpoint = commit
      return commit
    } catch (error) {
      this.#parts.log.info('the clone could not be read while its task works', { reason: String(error) })
      return null
    }
  }

  /** A new connection knows of none. */
  forgetCheckpoint(): void {
    this.#checkpoint = undefined
  }

  /**
   * The end is on disk, with the work beside it. What goes wrong with the task is how it ends.
   * @throws what keeps it from being seen through, saved or packed for now; nothing is lost, and `goOn` of a keeper after this one tries again.
   */
  async begin(begin: Begin): Promise<PlacedEnd> {
    const { root, log } = this.#parts
    const { startCommit, store, assignment } = begin
    await writeJsonAtomically(this.#files.given, { startCommit, limits: assignment.limits } satisfies Given)
    let record: TaskRecord
    try {
      record = await this.#create(assignment)
    } catch (error) {
      return await this.#hasEnded({ kind: 'failed', failure: bounded(toFailure(error)) })
    }
    return await this.#toItsEnd(startCommit, record, async () => {
      let slot: SlotId
      try {
        await requireSpace([root], assignment.limits.minFreeGiB)
        await takeHistory(root, store, startCommit, this.#files)
        await makeSource(root, store, startCommit, this.#files)
        const { memoryMiB } = assignment.limits
        slot = await takeSlot(
          { root, files: this.#files, repository: store.repository, memoryMiB },
          (why) => this.#waits(why),
          this.#stop,
        )
        await record.add({ type: 'slot-leased', slot })
      } catch (error) {
        log.warn('the task could not begin', { reason: String(error) })
        return await endTask(record, toFailure(this.#stop.aborted ? this.#stop.reason : error, 'boot-failed'))
      }
      const provisions = this.#provisions(assignment)
      await runTask({
        ...{ context: await this.#context(assignment.limits), record, slot, provisions, secret: '' },
        source: { slotIsFree: async () => undefined },
        ...{ stop: this.#stop, detach: never },
      })
    })
  }

  /** Goes on with what a keeper before this one left: a living machine is adopted, a dead one's work is saved. @throws as `begin` does. */
  async goOn(): Promise<PlacedEnd> {
    const given = await readJson(this.#files.given, givenSchema)
    const { folder: home, taskId: id } = this.#files
    if (!given || !(await pathExists(eventsPath(home, id))))
      return await this.#hasEnded({ kind: 'failed', failure: lost })
    const record = await TaskRecord.open({ home, id }, this.#recordOptions)
    this.#record = record
    return await this.#toItsEnd(given.startCommit, record, async () => {
      if (record.task.state.phase === 'finished') return
      const context = await this.#context(given.limits)
      await recoverTask({ context, record, secret: '', stop: this.#stop, detach: never })
    })
  }

  async #toItsEnd(startCommit: string, record: TaskRecord, run: () => Promise<unknown>): Promise<PlacedEnd> {
    await using _closed = record
    await run()
    const { driver, root } = this.#parts
    await driver.reap(root, (name) => name !== this.#files.taskId, AbortSignal.timeout(30_000))
    return await this.#hasEnded(await this.#endOf(record.task, startCommit))
  }

  async #hasEnded(end: PlacedEnd): Promise<PlacedEnd> {
    await writeJsonAtomically(this.#files.end, end)
    return end
  }

  async #endOf({ state, exit, stopReason }: Task, startCommit: string): Promise<PlacedEnd> {
    if (state.phase === 'finished' && exit === null) {
      const failure = state.outcome.kind === 'failed' ? state.outcome.failure : toFailure(cancelled())
      return { kind: 'failed', failure: bounded(failure) }
    }
    const salvaged = this.#salvaged ?? lost
    const ended = {
      kind: 'ran',
      exit: exit ?? { kind: 'crashed', exitCode: null, signal: null, detail: 'nobody saw it end' },
      stopReason: stopReason && bounded(stopReason),
    } as const
    if ('code' in salvaged) return { ...ended, work: { lost: bounded(salvaged) } }
    const tips = tipsOf(salvaged, startCommit)
    await packWork(this.#files, { pack: this.#files.workPack, startCommit, tips: tips.map(({ id }) => id) })
    return { ...ended, work: { saved: placedWork(salvaged, startCommit) } }
  }

  async #create({ task }: PlacedAssignment): Promise<TaskRecord> {
    const { folder: home, taskId: id, source, environment: folder } = this.#files
    const { description, repo, createdAt, caps, agent, check, environment } = task
    if (Array.isArray(environment)) {
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder, { mode: 0o700 })
      for (const { path, text } of environment) {
        const file = join(folder, belowFolder(path))
        await mkdir(dirname(file), { recursive: true, mode: 0o700 })
        await writeFile(file, text)
      }
    }
    const record = await TaskRecord.create(
      home,
      {
        ...{ id, description, repo, repoPath: source, owner: null, createdAt, caps },
        ...(Object.keys(agent).length > 0 && { agent: agent as AgentChoice }),
        ...(check !== null && { mergePolicy: { kind: 'check', command: check } as const }),
        ...(environment === 'plain' && { environment: { kind: 'plain' } as const }),
        ...(Array.isArray(environment) && { environment: { kind: 'folder', path: folder } as const }),
      },
      this.#recordOptions,
    )
    this.#record = record
    return record
  }

  #provisions({ provisions }: PlacedAssignment): Provisions {
    const { claudeHome, gateway, key, ...rest } = provisions
    return {
      ...rest,
      key,
      forwards: [],
      ...(claudeHome && { claudeHome }),
      ...(gateway && { gatewaySocket: this.#files.gatewaySocket }),
    }
  }

  async #context(limits: Given['limits']): Promise<RunnerContext> {
    const { root: home, driver, log } = this.#parts
    return {
      ...{ home, driver, log, clock: new HostClock(log), limits },
      lines: new GuestLines(log),
      // Nobody listens here: home tells what becomes of the task.
      events: await openEventLog({ directory: this.#files.folder, log }),
      repositories: { list: async () => [] },
      handOver: async (record) => {
        this.#salvaged = await salvageTask(record)
        return 'finished'
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

/** How long it may take to read a clone that is at work. */
const checkpointMs = 2 * 60_000

/** A keeper never lets go of a machine by itself. */
const never = new AbortController().signal

const lost: Failure = {
  code: 'interrupted',
  message: 'The node lost what it had of the task',
  hint: 'Run the task again',
}

const bounded = ({ code, message, hint }: Failure): Failure => ({
  code,
  message: message.slice(0, 4_000),
  ...(hint !== undefined && { hint: hint.slice(0, 1_000) }),
})

function belowFolder(path: string): string {
  if (!path.startsWith('/') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'))
    return path
  throw new Error(`'${path}' cannot be a file of an environment`)
}

function placedWork(work: SalvagedWork, startCommit: string): Extract<BroughtWork, { saved: unknown }>['saved'] {
  const { operation = null, ...markers } = work.left ?? { files: [] }
  return {
    commit: work.commit,
    wip: work.wip,
    also: tipsOf({ ...work, commit: startCommit }, startCommit).map(({ id, from }) => ({
      commit: id,
      from: from.slice(0, 500),
    })),
    operation,
    markers: { ...markers, files: [...markers.files] },
    notes: [...work.notes],
    unsaved: work.unsaved ?? false,
  }
}

function phaseOf({ state }: Task): PlacedStatus['phase'] {
  switch (state.phase) {
    case 'queued':
    case 'parked':
      return 'cloning'
    case 'finished':
      return 'merging'
    default:
      return state.phase
  }
}
