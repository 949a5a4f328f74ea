import type { Problem } from '../../core/problem.ts'
import { capsOf, type TaskCaps } from '../../core/task/caps.ts'
import type { Room } from '../../core/task/place-order.ts'
import type { SlotId, Task, TaskId } from '../../core/task/task.ts'
import type { Place, Standing } from '../../core/task/task-place.ts'
import type { Log } from '../../lib/log.ts'
import type { MachineDriver } from '../../machines/driver.ts'
import type { GuestLines } from '../attach/guest-lines.ts'
import type { EnvironmentLender } from '../environments/prepared-disks.ts'
import type { EventLog } from '../events/event-log.ts'
import type { FinishOptions } from '../finish/conclude.ts'
import type { MirrorOptions } from '../record/mirror.ts'
import type { TaskRecord } from '../record/task-record.ts'
import type { ToldWork } from '../record/told-work-schema.ts'
import type { Provisions } from '../slots/provisions.ts'
import type { WarmMachine } from '../slots/warm-machine.ts'
import type { BeginProgress } from './begin-progress.ts'
import type { ClosingMachines } from './closing-machines.ts'
import type { HostClock } from './host-clock.ts'

/** What every task of this process shares. */
export interface RunnerContext extends FinishOptions, MirrorOptions {
  readonly home: string
  readonly driver: MachineDriver
  readonly log: Log
  /** Hears when an agent has nothing to do. */
  readonly events: EventLog
  /** Keeps the time of running machines. */
  readonly clock: Pick<HostClock, 'follow'>
  /** Reaches into running machines. */
  readonly lines: Pick<GuestLines, 'follow'>
  /** Lends disks with environments; left out, there are none. */
  readonly environments?: EnvironmentLender
  /** Knows what goes on before their agents begin. */
  readonly beginProgress: Pick<BeginProgress, 'follow'>
  readonly limits: {
    readonly cpus: number
    readonly memoryMiB: number
    readonly bootTimeoutMs: number
    readonly taskTimeoutMs: number
    readonly powerOffTimeoutMs: number
    /** What must be free, where tasks write, for a task to begin; left out, nothing is asked for. */
    readonly minFreeGiB?: number
    /** Of tasks that ask for nothing else; null is no limit. */
    readonly maxCostUsd?: number | null
    readonly maxTokens?: number | null
    readonly silenceTimeoutMs?: number | null
  }
}

/** Where a task's machine comes from. */
export interface MachineSource {
  /** One that was booted ahead for it; ended by `runTask` when it comes to nothing. */
  readonly warm?: WarmMachine | undefined
  /** Resolves when no other machine holds the disks of the slot, or the task's name. */
  readonly slotIsFree: (slot: SlotId) => Promise<void>
}

/** A task that is being followed to its end, of this start of the orchestrator or of an earlier one. */
export interface FollowedTask {
  readonly context: RunnerContext
  readonly record: TaskRecord
  /** Has the machine once the task needs it no more, until it is off. */
  readonly closing: ClosingMachines
  /** The key that the guest was given; what it left is cleaned of it. */
  readonly secret: string
  /** Ends the task, with its reason. */
  readonly stop: AbortSignal
  /** Leaves a running machine to the next start of the orchestrator. */
  readonly detach: AbortSignal
}

/** A task at a place: it has no slot and no machine of this host. */
export interface PlacedRun extends Omit<FollowedTask, 'secret' | 'closing'> {
  /** What it is given, as the settings say now; its key stays with the gateway of this host. */
  readonly provide: () => Promise<Provisions>
}

/** What a clone at a place held, as the place tells it; the commits are in the pack, unchecked. */
export interface ToldClone {
  readonly commit: string
  /** Null where the commit is the start. */
  readonly pack: string | null
  /** When this was so; ISO 8601, UTC. */
  readonly at: string
  readonly notes: readonly string[]
}

/** Other machines that run tasks for this host. */
export interface Places {
  /** @throws AppError('place-unknown') */
  find(name: string): Promise<Place & { /** Names this home there. */ readonly homeKey: string }>
  /** In the order in which they were added. */
  list(): Promise<readonly Place[]>
  /** Whether one more task would begin there soon, as far as tasks of this host that are there tell. */
  room(place: Place): Room
  /** Undefined for a task that is followed at no place. */
  standing(id: TaskId): Standing | undefined
  /** Resolves with what the place lacks for a task; it takes seconds, or a minute. @throws AppError('place-unknown' | 'place-unreachable') */
  problems(name: string, signal: AbortSignal): Promise<readonly Pick<Problem, 'message' | 'cure' | 'optional'>[]>
  /** What a task at work has there now or, where it cannot be asked, had when this host heard of that last; undefined where nothing has come. */
  look(task: Task, signal: AbortSignal): Promise<ToldClone | undefined>
  /**
   * Asks the place of a task that has ended once more for its work, which did not come home whole, and has `keep` import it from its pack.
   * @returns false where the place has nothing of the task any more.
   * @throws AppError('place-unreachable') when it cannot be asked, any other AppError when the work cannot be saved there now either.
   */
  bringRest(task: Task, keep: (saved: ToldWork, pack: string) => Promise<void>, signal: AbortSignal): Promise<boolean>
  /** Takes a task, from wherever it is there, to its recorded outcome here. Never rejects but for a record that cannot be written. */
  run(run: PlacedRun): Promise<RunEnd>
}

/** A task that has its slot, and all that it needs from the clone to its outcome. */
export interface TaskRun extends FollowedTask {
  readonly provisions: Provisions
  readonly slot: SlotId
  readonly source: MachineSource
}

/** How a task's run ended: with its outcome, with a later time to go on at, or let go of, its machine still running. */
export type RunEnd = 'finished' | 'parked' | 'left'

/** The caps of a task that asks for these. */
export const acceptedCaps = (limits: RunnerContext['limits'], asked: Partial<TaskCaps>): TaskCaps =>
  capsOf(
    {
      timeoutMs: limits.taskTimeoutMs,
      maxCostUsd: limits.maxCostUsd ?? null,
      maxTokens: limits.maxTokens ?? null,
      silenceTimeoutMs: limits.silenceTimeoutMs ?? null,
    },
    asked,
  )

/** Once for each thing that there is to note. */
export async function addNote(record: TaskRecord, note: string | null): Promise<void> {
  if (note !== null && !record.task.notes.includes(note)) await record.add({ type: 'noted', note })
}
