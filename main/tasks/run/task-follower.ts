import { type SlotId, slotOf, type Task, type TaskId } from '../../core/task/task.ts'
import type { TaskBase } from '../../core/task/task-base.ts'
import type { WaitingRoom } from '../admission/waiting-room.ts'
import type { WorkGate } from '../admission/work-gate.ts'
import { endTask } from '../finish/end-task.ts'
import type { CheckMachines } from '../landing/check-machines.ts'
import type { Lifetime } from '../lifetime.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { type RecordOptions, TaskRecord } from '../record/task-record.ts'
import type { KeyAt, Provisions } from '../slots/provisions.ts'
import type { SlotLease, SlotPool } from '../slots/slot-pool.ts'
import type { WarmMachine } from '../slots/warm-machine.ts'
import type { WarmMachines } from '../slots/warm-machines.ts'
import { cancelled, isCancelled, untilCancelled } from './cancel-task.ts'
import type { ClosingMachines } from './closing-machines.ts'
import { recoverTask } from './recover-task.ts'
import { runQueued } from './run-queued.ts'
import { RunningTasks } from './running-tasks.ts'
import type { MachineSource, Places, RunEnd, RunnerContext, TaskRun } from './task-run.ts'
import { runTask } from './task-runner.ts'

export interface TaskFollowerOptions {
  readonly context: RunnerContext & {
    readonly slots: SlotPool
    readonly provisions: (repoPath: string, place?: KeyAt) => Promise<Provisions>
    readonly places?: Places
  }
  readonly catalog: TaskCatalog
  readonly waiting: WaitingRoom
  readonly warm: WarmMachines
  readonly closing: ClosingMachines
  /** Machines that check works of tasks. */
  readonly checks: Pick<CheckMachines, 'has'>
  readonly recordOptions: RecordOptions
  readonly lifetime: Lifetime
  /** Slow work begins when it is quiet. */
  readonly gate: WorkGate
  /** Called when a task has its outcome and its slot is free. */
  readonly onEnd: (record: TaskRecord) => Promise<void>
}

/** Begins tasks, goes on with those that an earlier start left, and follows each to its end. */
export class TaskFollower {
  readonly running: RunningTasks
  readonly #options: TaskFollowerOptions

  constructor(options: TaskFollowerOptions) {
    this.#options = options
    const { context, lifetime, warm, checks, closing, gate, onEnd } = options
    this.running = new RunningTasks({
      ...{ driver: context.driver, home: context.home, log: context.log, detach: lifetime.detach, onEnd },
      quiet: () => gate.quiet(),
      keeps: (name) => warm.has(name) || checks.has(name) || closing.has(name),
      recover: (record) => this.#recover(record, new AbortController().signal),
      onOver: (record, end) => this.#goOn(record, end),
    })
  }

  /** Runs a task that was accepted just now, in the machine that waited for it, if there is one. */
  begin(record: TaskRecord, lease: SlotLease, provisions: Provisions, warm?: WarmMachine): void {
    this.running.follow(record, lease, (stop) =>
      runTask({ ...this.#run(record, lease.slot, stop, warm), provisions, secret: provisions.key.value }),
    )
    this.#remember(record.task.repoPath, lease.slot)
  }

  /** Runs a task that has waited. */
  beginQueued(record: TaskRecord, lease: SlotLease, base?: TaskBase): void {
    this.running.follow(record, lease, (stop) =>
      runQueued(this.#run(record, lease.slot, stop), { provide: this.#options.context.provisions, base }),
    )
    this.#remember(record.task.repoPath, lease.slot)
  }

  /** Runs a task that was accepted for a place. */
  beginAtPlace(record: TaskRecord): void {
    this.running.follow(record, noLease, (stop) => this.#runAtPlace(record, stop))
  }

  /** Runs a task at its place that has waited for others. */
  beginQueuedAtPlace(record: TaskRecord, base?: TaskBase): void {
    this.running.follow(record, noLease, async (stop) => {
      if (this.#options.lifetime.detach.aborted) return 'left' // It waits on, for the next start.
      if (base) await record.add({ type: 'base-chosen', base })
      return await this.#runAtPlace(record, stop)
    })
  }

  /** Continues what the last start of the orchestrator left: an unfinished task, or an end that was not announced. */
  async takeUp(task: Task): Promise<void> {
    const { context, waiting, recordOptions } = this.#options
    const finished = task.state.phase === 'finished'
    if (finished && task.announcedSeq !== null) return
    try {
      await using opened = new AsyncDisposableStack()
      const record = opened.use(await TaskRecord.open(task, recordOptions))
      if (task.state.phase === 'parked' || (task.state.phase === 'queued' && task.queue)) {
        opened.move()
        return waiting.add(record)
      }
      const slot = finished ? null : slotOf(task.state)
      const lease = slot === null ? noLease : context.slots.reclaim(slot, task.id)
      opened.move()
      this.running.follow(record, lease, async (stop) => (finished ? 'finished' : await this.#recover(record, stop)))
    } catch (error) {
      const reason = String(error)
      context.log.error('a task could not be taken up; its folder is left as it is', { taskId: task.id, reason })
    }
  }

  /** Has a task end as cancelled, whatever it is doing. Resolves when the stop is on record, and throws when it is too late. */
  async cancel(id: TaskId): Promise<void> {
    const { catalog, waiting } = this.#options
    const task = await catalog.get(id)
    if (isCancelled(task)) return
    if (task.state.phase === 'parked') await this.running.over(id) // It is on its way to those that wait.
    const waits = waiting.take(id)
    if (waits) this.running.follow(waits.record, noLease, () => endWaiting(waits.record))
    else this.running.stop(id, cancelled())
    await untilCancelled(id, {
      look: async () => {
        const isFollowed = this.running.has(id)
        const now = await catalog.get(id)
        return isFollowed || now.state.phase === 'finished' ? now : undefined
      },
      watch: (wake) => {
        void this.running.over(id).then(wake)
        return catalog.watch((changed) => changed === id && wake())
      },
    })
  }

  #run(
    record: TaskRecord,
    slot: SlotId,
    stop: AbortSignal,
    warm?: WarmMachine,
  ): Omit<TaskRun, 'provisions' | 'secret'> {
    const { context, lifetime, closing, warm: machines } = this.#options
    const source: MachineSource = {
      warm,
      slotIsFree: async (free) => {
        await closing.gone(record.task.id)
        await machines.slotIsFree(free)
      },
    }
    return { context, record, slot, source, closing, stop, detach: lifetime.detach }
  }

  #remember(repoPath: string, slot: SlotId): void {
    const { slots, log } = this.#options.context
    slots.remember(repoPath, slot).catch((error: unknown) => {
      log.warn('the preferred slot could not be stored', { reason: String(error) })
    })
  }

  async #runAtPlace(record: TaskRecord, stop: AbortSignal): Promise<RunEnd> {
    const { context, lifetime } = this.#options
    if (!context.places) throw new Error('This orchestrator has no places')
    const { place, repoPath } = record.task
    const provide = () => context.provisions(repoPath, place)
    return await context.places.run({ context, record, provide, stop, detach: lifetime.detach })
  }

  async #recover(record: TaskRecord, stop: AbortSignal): Promise<RunEnd> {
    const { context, closing, lifetime } = this.#options
    if (record.task.place) return await this.#runAtPlace(record, stop)
    const secret = await context.provisions(record.task.repoPath).then(
      ({ key }) => key.value,
      () => '', // No key is needed to go on with a task, only to clean its logs of it.
    )
    return await recoverTask({ context, record, closing, secret, stop, detach: lifetime.detach })
  }

  /** With a task that is followed no more: a parked one waits, and the slot that came free is for the next. */
  async #goOn(record: TaskRecord, end: RunEnd | undefined): Promise<void> {
    const { waiting, lifetime } = this.#options
    if (end === 'parked' && !lifetime.isOver) waiting.add(record)
    else await record[Symbol.asyncDispose]()
    waiting.callNext()
  }
}

const noLease: Disposable = { [Symbol.dispose]: () => undefined }

/** The end of a task that was cancelled while it waited. */
async function endWaiting(record: TaskRecord): Promise<'finished'> {
  await endTask(record, { code: 'cancelled', message: 'Cancelled' })
  return 'finished'
}
