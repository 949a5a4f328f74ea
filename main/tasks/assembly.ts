import { join } from 'node:path'
import type { MachineHandle, Task } from '../core/task/task.ts'
import { ShortageRetry } from '../lib/shortage.ts'
import { Admission } from './admission/admission.ts'
import { DiskWatch } from './admission/disk-watch.ts'
import { GuestMemory, type HostMemory } from './admission/guest-memory.ts'
import { HostCheck } from './admission/host-check.ts'
import type { RunRate } from './admission/run-rate.ts'
import { TaskContinuation } from './admission/task-continuation.ts'
import { TaskForks } from './admission/task-forks.ts'
import { TaskIntake } from './admission/task-intake.ts'
import { WaitingRoom } from './admission/waiting-room.ts'
import { WorkGate } from './admission/work-gate.ts'
import type { GuestLines } from './attach/guest-lines.ts'
import { TaskAttachments } from './attach/task-attachments.ts'
import { TaskAttempts } from './attempts/attempts.ts'
import type { RegisteredRepository } from './contract.ts'
import { PreparedEnvironments } from './environments/prepared-environments.ts'
import { announceEnd } from './finish/announce-end.ts'
import { EndedTasks } from './finish/ended-tasks.ts'
import { CheckMachines } from './landing/check-machines.ts'
import { Landings } from './landing/landings.ts'
import { Lifetime } from './lifetime.ts'
import { TaskMessages } from './messages/task-messages.ts'
import { Followers } from './plans/followers.ts'
import { TaskPlans, wholePlans } from './plans/task-plans.ts'
import { showInWorkTree } from './record/mirror.ts'
import { TaskCatalog } from './record/task-catalog.ts'
import type { TaskRecord } from './record/task-record.ts'
import { UnfinishedTasks } from './record/unfinished-tasks.ts'
import { Overlaps } from './review/overlaps.ts'
import { ResolverTasks } from './review/resolver-tasks.ts'
import { TaskReviews } from './review/reviews.ts'
import { TaskChanges } from './review/task-changes.ts'
import type { BeginProgress } from './run/begin-progress.ts'
import { ClosingMachines } from './run/closing-machines.ts'
import type { HostClock } from './run/host-clock.ts'
import { TaskFollower } from './run/task-follower.ts'
import type { Places, RunnerContext } from './run/task-run.ts'
import type { KeyAt, Provisions } from './slots/provisions.ts'
import type { SlotPool } from './slots/slot-pool.ts'
import { WarmMachines } from './slots/warm-machines.ts'
import { Deletions } from './upkeep/deletions.ts'

/** What the orchestrator is made from. Settings may be getters: each is read when it is needed, and may have changed by then. */
export interface OrchestratorOptions extends RunnerContext {
  readonly clock: HostClock
  readonly lines: GuestLines
  readonly beginProgress: BeginProgress
  /** Where images and tools lie; left out, `usage` and `prune` ignore them. */
  readonly cacheDirectory?: string
  readonly slots: SlotPool
  readonly repositories: {
    /** @throws AppError('repository-unknown') */
    find(alias: string): Promise<RegisteredRepository>
    list(): Promise<readonly RegisteredRepository[]>
  }
  /** What a task that begins now in this repository is given. @throws AppError('key-missing') and the like. */
  readonly provisions: (repoPath: string, place?: KeyAt) => Promise<Provisions>
  /** Other machines that run tasks; left out, there are none. */
  readonly places?: Places
  /** Whether tasks that do not say wait for a slot. Default false. */
  readonly queue?: boolean
  /** Whether no task that waits begins. Default false. */
  readonly queuePaused?: boolean
  /** How fast clients may ask for tasks; left out, as fast as they can. */
  readonly runRate?: RunRate
  /** Where a task runs that names no place, best first. Default: this host. */
  readonly placeOrder?: readonly string[]
  /** What becomes of a task whose work collides: it waits for a wish, or another task resolves it, once. Default: it waits. */
  readonly resolveConflicts?: 'ask' | 'auto'
  /** Where clones, shares and consoles of new tasks lie; null or left out: in the home. */
  readonly tasksFolder?: string | null
  /** How many machines may be booted ahead of their tasks. Default 0. */
  readonly warmMachines?: number
  /** Whether environments are built once for all slots, in machines of their own. Default false. */
  readonly prepareEnvironments?: boolean
  /** Replaces the host's own figure of available memory in tests. */
  readonly hostMemory?: HostMemory
}

/** The parts of one orchestrator, each with a task of its own. */
export type OrchestratorParts = Awaited<ReturnType<typeof assembleParts>>

/** Makes the parts, in an order in which each needs only those before it. Nothing runs yet: see `startUp`. */
export async function assembleParts(given: OrchestratorOptions) {
  const { home, slots, log, repositories, limits, hostMemory, events } = given
  const unfinished = await UnfinishedTasks.open(join(home, 'unfinished.json'), log)
  const deletions = await Deletions.open(home, log)
  const lifetime = new Lifetime()
  const gate = new WorkGate()
  const host = new HostCheck({ driver: given.driver, limits, log })
  const catalog = new TaskCatalog({ home, repositories: () => repositories.list(), log })
  const lender = { borrow: (repoPath: string) => prepared.borrow(repoPath) }
  const lending = withParts(given, { environments: lender })
  const checks = new CheckMachines(lending)
  const memory = new GuestMemory({ slots, catalog, checks, limits, hostMemory })
  // Both give way to tasks, and each leaves room for the other one's.
  const warmMemory = {
    hasRoomAhead: (ahead: readonly (MachineHandle | null)[]) => memory.hasRoomAhead([...ahead, ...prepared.handles]),
  }
  const closing = new ClosingMachines(log)
  const warm = new WarmMachines({ context: lending, catalog, unfinished, memory: warmMemory, closing })
  const prepared: PreparedEnvironments = new PreparedEnvironments({
    ...{ context: given, catalog, repositories },
    memory: { hasRoomAhead: (ahead) => memory.hasRoomAhead([...ahead, ...warm.handles]) },
  })
  const ahead = {
    get handles() {
      return [...warm.handles, ...prepared.handles]
    },
    giveWay: async () => (await Promise.all([warm.giveWay(), prepared.giveWay()])).includes(true),
  }
  const admission = new Admission({ slots, memory, warm: ahead })
  const waiting = new WaitingRoom({ slots, admission, log, isPaused: () => given.queuePaused ?? false })
  const landings = new Landings({
    ...{ home, repositories, parts: given, machines: checks, admission, warm, log },
    onState: catalog.tellAgain,
  })
  const options = withParts(lending, { landings })
  const recordOptions = {
    onChange: (task: Task): void => {
      catalog.put(task)
      warm.heard(task)
      prepared.used(task)
    },
    shortageRetry: new ShortageRetry(log, lifetime.detach),
  }
  const follower = new TaskFollower({
    ...{ context: options, catalog, waiting, warm, closing, recordOptions, lifetime, gate },
    checks: { has: (name) => checks.has(name) || prepared.has(name) },
    onEnd: async (record: TaskRecord): Promise<void> => {
      await showInWorkTree(record.task, options) // First: who hears of the end looks there.
      await resolvers.afterEnd(record.task)
      await attempts.afterEnd(record.task)
      await announceEnd(record, events)
      await unfinished.remove(record.task.id)
    },
  })
  const { running } = follower
  const intake = new TaskIntake({
    ...{ rules: options, catalog, unfinished, host, warm, admission, waiting, follower, recordOptions, lifetime },
  })
  // The only circle among the parts: the end of a task can begin another one, which resolves its conflicts.
  const resolvers = new ResolverTasks({ catalog, intake, rules: options, log })
  const whole = await wholePlans(home)
  const followers = new Followers({ catalog, waiting, isWhole: (plan) => whole.has(plan), log })
  const plans = new TaskPlans({ home, catalog, intake, follower, followers }, whole)
  const ended = new EndedTasks({ catalog, running, deletions, followers, rules: options, places: options.places })
  const continuation = new TaskContinuation({
    ...{ rules: options, catalog, ended, unfinished, host, waiting, recordOptions, lifetime },
  })
  const forks = new TaskForks({
    ...{ rules: options, catalog, ended, unfinished, host, waiting, recordOptions, lifetime },
  })
  const messages = new TaskMessages({
    ...{ catalog, lifetime },
    recordOf: (id) => running.record(id) ?? waiting.record(id),
  })
  const attempts = new TaskAttempts({ catalog, intake, follower, ended, rules: options, log })
  const reviews = new TaskReviews({ catalog, ended, rules: options })
  const changes = new TaskChanges({ catalog, log, places: options.places })
  const overlaps = new Overlaps({ catalog, changes, log, onChange: catalog.tellAgain })
  const attachments = new TaskAttachments({ home, catalog, lines: options.lines })
  const disks = new DiskWatch({ home, limits, catalog, running, log })
  return {
    ...{ unfinished, deletions, lifetime, gate, host, catalog, warm, prepared, admission, waiting },
    ...{
      follower,
      running,
      intake,
      resolvers,
      ended,
      continuation,
      forks,
      messages,
      reviews,
      changes,
      attachments,
      disks,
    },
    ...{ followers, plans, landings, attempts, overlaps },
  }
}

/** The options with their getters, which are read at each use. */
const withParts = (
  options: OrchestratorOptions,
  parts: Partial<Pick<OrchestratorOptions, 'landings' | 'environments'>>,
): OrchestratorOptions =>
  Object.defineProperties(
    {},
    { ...Object.getOwnPropertyDescriptors(options), ...Object.getOwnPropertyDescriptors(parts) },
  ) as OrchestratorOptions
