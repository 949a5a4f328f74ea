import type { Duplex } from 'node:stream'
import type { PathList } from '../core/bounded-list.ts'
import type { EnvironmentWish } from '../core/environment/environment.ts'
import type { Landing, LandingState } from '../core/landing/landing.ts'
import type { ConflictsView, ConflictText, FinishedConflicts, Resolution } from '../core/merge/conflicts.ts'
import type { Against, DiffOptions, FileDiff } from '../core/merge/file-diff.ts'
import type { By } from '../core/merge/may-publish.ts'
import type { MergeOutcome, Selection } from '../core/merge/merge.ts'
import type { MergePolicy } from '../core/merge/merge-policy.ts'
import type { Overlap } from '../core/merge/overlap.ts'
import type { EgressPolicy } from '../core/network/egress.ts'
import type { Readiness } from '../core/plan/readiness.ts'
import type { Problem } from '../core/problem.ts'
import type { AgentChoice } from '../core/task/agent-choice.ts'
import type { TaskCaps } from '../core/task/caps.ts'
import type { HistoryFound, HistoryWish } from '../core/task/history-wish.ts'
import type { MessageTime } from '../core/task/message.ts'
import type { SlotId, Task, TaskId } from '../core/task/task.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import type { Place, Standing } from '../core/task/task-place.ts'
import type { NewestTasks, RepositoryTotals, WantedTasks } from '../core/task/wanted-tasks.ts'
import type { CommitLine, FileChange } from '../git/changes/list-changes.ts'
import type { CommitSeen } from '../worker/look-at-work.ts'
import type { EventLog } from './events/event-log.ts'
import type { TaskReview } from './review/read-review.ts'
import type { Undeleted } from './upkeep/deletions.ts'
import type { DiskUsage } from './upkeep/disk-usage.ts'

/**
 * What the front doors (`mcp`, `web`, `desktop`, the command line) ask of the orchestrator. A method that takes the id of a task throws
 * AppError('task-unknown') when there is none, and any method may throw 'home-unusable' or 'disk-full'. Ids are checked before they come here.
 */
export interface Tasks {
  /**
   * Accepts a task, and resolves with its id as soon as the task is on record; cloning and booting come after.
   * @throws AppError that says why the task is refused, with nothing left behind: 'description-invalid', 'argument-invalid', 'repository-unknown', 'flake-missing', 'environment-invalid',
   * 'key-missing', 'token-unsafe', 'disk-full', 'host-incomplete', 'rate-limited', 'interrupted' while the orchestrator ends, and, for a task
   * that may not wait, 'slots-busy' or 'memory-short'.
   */
  run(request: RunRequest): Promise<TaskId>
  /**
   * Accepts several tasks with the same text at the same commit, all or none, of which one is to be chosen: none is merged before. They wait for slots. Resolves with
   * their ids. @throws as `run` does.
   */
  runAttempts(request: AttemptsRequest): Promise<readonly TaskId[]>
  /** Resolves with the attempts of a group that are on record, by their numbers. */
  attempts(group: string): Promise<readonly Task[]>
  /**
   * Chooses one of several attempts that have all ended, and merges it as its policy lets the caller; resolves with what became of that. The others' work is kept below
   * the refs of the one that is chosen.
   * @throws AppError: 'argument-invalid' for a task that is none of several, 'task-busy' before all have ended, 'task-ended' where another one was chosen,
   * 'merge-failed' where it left no work.
   */
  choose(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome>
  /** Resolves with the whole task, as its record says it now. */
  get(id: TaskId): Promise<Task>
  /**
   * Accepts several tasks that come after each other, all of them or none, and resolves when the whole plan is on record. None begins before.
   * @throws AppError('argument-invalid') for a plan that has a circle, a name twice, or one that it does not know; and whatever `run` throws for one of its tasks.
   */
  runPlan(requests: readonly PlannedRequest[]): Promise<AcceptedPlan>
  /** Stops every task of a plan that has not ended, see `cancel`. Resolves with their ids. @throws AppError('argument-invalid') where there is no such plan. */
  cancelPlan(planId: string): Promise<readonly TaskId[]>
  /** The task's place among those that wait for a slot, from 1; null when it does not wait. */
  queuePosition(id: TaskId): number | null
  /** Where the task's work is on its way onto its branch, while it is checked as it would be there; null for any other. */
  landing(id: TaskId): LandingState | null
  /** The tasks of which `landing` says so. */
  landingIds(): readonly TaskId[]
  /** How far the guest image is that no machine of this host can start without, in one line for a person; null where it is there. */
  imageProgress(): string | null
  /** What goes on before the task's agent begins, in one line that its guest may have written; null where nothing does. */
  beginProgress(task: Task): Promise<string | null>
  /** Which other tasks change what the task at work changes, as far as that was seen in the last minute. */
  overlaps(id: TaskId): readonly Overlap[]
  /** What holds a task that comes after others and has not begun; null for any other. */
  readiness(id: TaskId): Readiness | null
  /** Resolves with the tasks that are wanted, oldest first, with as much of each as lists need. */
  find(wanted: WantedTasks): Promise<readonly TaskBrief[]>
  /** Resolves with the newest tasks of those that are as it says, oldest first, and with how many older ones there are. */
  newest(wish: NewestTasks): Promise<{ readonly tasks: readonly TaskBrief[]; readonly omitted: number }>
  /** Resolves with a piece of the tasks of all time, and with sums over all that match. */
  history(wish: HistoryWish): Promise<HistoryFound>
  /** Resolves with what the tasks of each repository come to, by its real path. */
  totals(): Promise<ReadonlyMap<string, RepositoryTotals>>
  /** Resolves with every task, oldest first. There may be a hundred thousand: only for what is done to each of them. */
  list(): Promise<readonly TaskBrief[]>
  /** Resolves with the absolute path of the task's console log; the file appears when its machine starts. */
  consolePath(id: TaskId): Promise<string>
  /**
   * Stops the task, whatever it is doing; its work is salvaged to its ref. Resolves when the stop is on record: the end comes as
   * an event. A task that is cancelled already stays so.
   * @throws AppError('task-busy') once the machine is off and the merge begins; 'task-ended' after the end.
   */
  cancel(id: TaskId): Promise<void>
  /**
   * Tries again to bring what waits at the ref of a task that has ended onto its branch. Resolves with the outcome, which is on record.
   * @param by who asks: what a `client` may merge, the policy of the repository decides; a `person` may merge anything.
   * @throws AppError('task-busy') before the task's end; 'task-ended' when it is merged already; 'merge-failed' when nothing waits at its
   * ref, or when only a person may merge it.
   */
  merge(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome>
  /**
   * Starts a task that resolves the conflicts of one that has ended, and resolves with the new task's id. When the new one is merged, so is
   * the other.
   * @throws AppError('merge-failed') where nothing collides; 'task-busy' where another task resolves them already; and whatever `run` throws.
   */
  resolve(id: TaskId, request?: Pick<RunRequest, 'owner' | 'queue'>): Promise<TaskId>
  /** What a person decides about work that waits at a task's ref. */
  readonly reviews: Reviews
  /** What tasks change, also while they work. */
  readonly changes: Changes
  /**
   * Has a task that has ended go on with the text, in its own clone and session: it waits for a slot, and its next end is told like the first.
   * Resolves when that is on record.
   * @throws AppError: 'task-busy' before the task's end and while something else is done with it; 'task-ended' where its clone is gone;
   * 'cost-limit' or 'token-limit' where it has used up its limits; and what `run` throws.
   */
  continue(id: TaskId, request: ContinueRequest): Promise<void>
  /**
   * Makes tasks that go on where one has ended, with the text: each has its own copy of the clone as its agent left it, and of what that agent
   * remembers. The task itself stays as it is. Resolves with their ids when all are on record; they wait for slots.
   * @throws AppError: 'task-busy' before the task's end and while something else is done with it; 'task-ended' where its clone or its agent's
   * session is gone; 'argument-invalid' for a task that resolved conflicts; and what `run` throws. There is none of them then.
   */
  fork(id: TaskId, request: ForkRequest): Promise<readonly TaskId[]>
  /**
   * Has the agent of a task that has not ended read a text. Resolves with the message's id when it is on record; what becomes of it, the task
   * tells.
   * @throws AppError('task-busy' | 'task-ended') when its agent will read nothing more; 'description-invalid'; 'argument-invalid' when it was
   * told too much.
   */
  tell(id: TaskId, text: string, when: MessageTime): Promise<string>
  /**
   * Has the agent of a task stop what it does, and wait for a text. Resolves when that is on record.
   * @throws AppError('task-busy') while it does not work; 'task-ended'.
   */
  interrupt(id: TaskId): Promise<void>
  /**
   * Has the agent of a task that has not ended come to its end once it is done with all that it was told, where it would wait for more. Resolves
   * when that is on record.
   * @throws AppError('task-busy' | 'task-ended') when it is on its way there by itself.
   */
  letFinish(id: TaskId): Promise<void>
  /**
   * Deletes the folder of a task that has ended, and its ref when `deleteRef` says so.
   * @throws AppError('task-busy') while the task runs; 'merge-failed' when its work waits for a person and a client asks; 'salvage-failed' when
   * the folder holds the only copy of its work and the ref is to stay; 'home-unusable' when the folder cannot be deleted.
   */
  cleanup(id: TaskId, wish: CleanUp): Promise<void>
  /** Resolves with what the user should know, one sentence each: disks that are nearly full, records that cannot be read. */
  warnings(): Promise<readonly string[]>
  /** Resolves with the bytes on disk. It looks at every file, which can take long. */
  usage(): Promise<DiskUsage>
  /** Deletes the folders of finished tasks that the request names and whose work is elsewhere, and guest images out of use; no ref is deleted. */
  prune(request: PruneRequest): Promise<PruneReport>
  /** Pauses all guests before the host sleeps. Resolves when they stand still. */
  hostSleeps(): Promise<void>
  /** Resumes all guests after the host woke, with the right time. A wake that is not announced is noticed within a second. */
  hostWakes(): Promise<void>
  /** All ten slots in their order, each with the task that holds it, or null. */
  slots(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[]
  /** Resolves with the registered repositories. */
  repositories(): Promise<readonly RegisteredRepository[]>
  /** Resolves with the other machines that run tasks, in the order in which they were added. */
  places(): Promise<readonly Place[]>
  /** How a task stands at its place, as that was heard last; undefined for one that has ended, or is at none. */
  placeStanding(id: TaskId): Standing | undefined
  /** Resolves with what a place lacks for a task; that takes seconds. @throws AppError('place-unknown' | 'place-unreachable') */
  placeProblems(name: string, signal: AbortSignal): Promise<readonly Pick<Problem, 'message' | 'cure' | 'optional'>[]>
  /** The machines that were booted ahead and wait in slots, each for a task of its repository (a real path). A task that needs the slot gets it. */
  machinesAhead(): readonly { readonly slot: SlotId; readonly repoPath: string }[]
  /** The slot whose disks are warm for the repository with this real path; null while no task of it has run. */
  warmSlot(repoPath: string): SlotId | null
  /** Calls the listener at each change of a task, as soon as the change is on record. @returns a function that ends the watch. */
  watch(listener: TaskListener): () => void
  /** Resolves when no call that starts tasks is being answered, or after a second: for work that may come later and starts programs. */
  quiet(): Promise<void>
  /** The log of the ends of tasks. */
  readonly events: EventLog
  /** Ways into the machines of tasks that have not ended, for a person. */
  readonly attachments: Attachments
}

/**
 * What is opened in the machine of a task, over a line of its own that no network policy is about. All that comes from there is a guest's. All
 * methods wait a while for a machine that a server that was started anew has yet to find again. They throw AppError('task-busy') while the task has none that can be
 * reached, 'task-ended' after its end, and 'guest-failed' with the guest's own reason.
 */
export interface Attachments {
  /** Opens a shell of the agent's own user, where its clone is. Closing the stream ends the shell. */
  openShell(id: TaskId, size: ScreenSize, signal: AbortSignal): Promise<Shell>
  /** Connects to a TCP port of the guest's own loopback address. */
  connect(id: TaskId, port: number, signal: AbortSignal): Promise<Duplex>
  /**
   * Begins an SSH connection with a server in the guest, of the agent's user; the other end belongs to an ssh that has the keys of
   * `sshKeys`. @throws AppError('host-incomplete') when keys cannot be made, too.
   */
  openSsh(id: TaskId, signal: AbortSignal): Promise<Duplex>
  /** Resolves with the ports at which programs of the agent's user listen, from the lowest on. */
  ports(id: TaskId, signal: AbortSignal): Promise<readonly number[]>
}

export interface Shell extends Duplex {
  resize(size: ScreenSize): void
}

/** In characters, from 1 to 9999 each. */
export interface ScreenSize {
  readonly rows: number
  readonly columns: number
}

/** Receives a task that changed, or null for one that was cleaned up. It must not throw. */
export type TaskListener = (id: TaskId, task: TaskBrief | null) => void

/** A task that is asked for. */
export interface RunRequest {
  /** The task's text, as the agent gets it. */
  readonly description: string
  /** The alias of a registered repository, never a path. */
  readonly repo: string
  /** The name of the event consumer that asks, see `EventLog`: the end of the task waits for it. Default: the end is for all. */
  readonly owner?: string
  /** Limits in place of those in the settings, one by one. */
  readonly caps?: Partial<TaskCaps>
  /** What its agent is to be, in place of what the host's environment says. */
  readonly agent?: AgentChoice
  /**
   * A branch, a tag, a commit or another task's id to start from, in place of what is checked out. Its commits come onto the branch that is
   * checked out all the same. @throws AppError('argument-invalid') from `run` where there is no such.
   */
  readonly base?: string
  /** How long its agent waits for more each time that it is done, in milliseconds. Default: it ends then. */
  readonly holdMs?: number
  /**
   * Tasks that must have ended before this one begins, of which the result is its start where `base` is not given: the branch, with their work on it,
   * or the work of the one that is not merged yet. It waits, whatever `queue` says; after a failure it waits until that is run again, goes on, or is merged.
   * @throws AppError('task-unknown') from `run` where there is no such.
   */
  readonly after?: readonly TaskId[]
  /** The plan that it is a task of, see `runPlan`. */
  readonly plan?: { readonly id: string; readonly name: string }
  /** The task that has ended and is run again by this one: what came after that comes after this one now. */
  readonly retries?: TaskId
  /** Whether the task waits where no slot is free or memory is short, instead of being refused. Default: the setting `queue`. */
  readonly queue?: boolean
  /** Whether it makes its repository ready for other tasks: it works with the guest's own tools, and waits for a review. */
  readonly setsUp?: true
  /**
   * The name of another machine that runs it, or several with commas between them, best first; `local` is this host. Default: what the repository or the
   * settings say, for a task that comes after no other one. @throws AppError('place-unknown') from `run`.
   */
  readonly place?: string
  /** The order among tasks that wait, from -100 to 100: higher goes first. Default 0. */
  readonly priority?: number
}

/** A task of a plan that is asked for. */
export interface PlannedRequest extends Omit<RunRequest, 'after' | 'plan'> {
  /** What the other tasks of the plan call it, see `PlannedTask`. */
  readonly name: string
  /** Names of tasks of the plan, and ids of others. */
  readonly after?: readonly string[]
}

/** Several tasks with the same text. */
export interface AttemptsRequest extends Omit<RunRequest, 'plan' | 'retries'> {
  /** How many, two at least. */
  readonly count: number
  /** The models of their agents, in turn. Default: what `agent` says. */
  readonly models?: readonly string[]
  /** Whether another task reads what they made and chooses. Default: a client or a person does. */
  readonly judged?: boolean
}

export interface AcceptedPlan {
  /** Eight lower-case hexadecimal digits. */
  readonly id: string
  /** The ids of its tasks by their names, in an order in which they can begin. */
  readonly tasks: ReadonlyMap<string, TaskId>
}

/** How a task that has ended goes on. */
export interface ContinueRequest {
  /** The text that its agent gets. */
  readonly text: string
  /** The event consumer that asks: the next end waits for it. Default: the one that the task had. */
  readonly owner?: string
  /** Limits of the whole task in place of those that it had, one by one. */
  readonly caps?: Partial<TaskCaps>
}

/** How tasks go on where one has ended. */
export interface ForkRequest {
  /** The text that each of their agents gets. */
  readonly text: string
  /** How many there are to be. */
  readonly count: number
  /** The event consumer that asks: their ends wait for it. Default: they are for all. */
  readonly owner?: string
  /** Limits in place of those that the task had, one by one; what it took is not counted again. */
  readonly caps?: Partial<TaskCaps>
  /** What their agents are to be, in place of what that of the task was. */
  readonly agent?: AgentChoice
}

/** How a task is cleaned up. */
export interface CleanUp {
  /** Whether `refs/tasks/ID` and what lies below `refs/tasks/ID.also/` are deleted, too. */
  readonly deleteRef: boolean
  /** Who asks: work that waits for a person can be deleted by a person alone. */
  readonly by: By
}

/** Which finished tasks are pruned. */
export interface PruneRequest {
  /** Who asks: unless it is a person, work that waits for a person's decision stays where a person can decide about it. */
  readonly by: By
  /** Whether the report says only what would be deleted. */
  readonly dryRun: boolean
  /** Tasks that ended more than so many days ago are pruned. Default 14; with `maxGiB` given, none is pruned for its age. */
  readonly keepDays?: number
  /** The oldest tasks are pruned until the folders of all take no more GiB than this. Default: no limit. */
  readonly maxGiB?: number
}

/** What was pruned, or would be in a dry run; sizes are allocated bytes. */
export type PruneReport = {
  dry_run: boolean
  /** The sum over `tasks` and `images`. */
  freed_bytes: number
  tasks: { task_id: string; repo: string; bytes: number }[]
  images: { key: string; bytes: number }[]
  /** What should have gone, now or earlier, and could not be deleted; the next prune tries again. */
  left: Undeleted[]
}

/** A repository in which tasks may run. */
export interface RegisteredRepository {
  readonly alias: string
  /** The real path of its work tree. */
  readonly path: string
  /** When it was registered; ISO 8601, UTC. */
  readonly added: string
  /** What its tasks may reach. Default, and null: what the settings say. */
  readonly egress?: EgressPolicy | null
  /** What has to happen before its tasks are merged. Default: nothing. */
  readonly mergePolicy?: MergePolicy
  /** How work whose check has succeeded comes onto the branch. Default: direct. */
  readonly landing?: Landing
  /** Where its tasks run that name no place, best first. Default, and null: what the settings say. */
  readonly places?: readonly string[] | null
  /** What its tasks work in. Default: what is found there. */
  readonly environment?: EnvironmentWish
}

/**
 * What a task changed against where it started: of one that works, in its clone, which is read at most every ten seconds; of one that has ended,
 * in the user's repository. All methods throw AppError('salvage-failed') when a clone could not be read this time, and 'task-ended' when the task
 * ended meanwhile.
 */
export interface Changes {
  look(id: TaskId, signal: AbortSignal): Promise<ChangesSeen>
  /** Resolves with the lines of one file as it was when the task was last looked at. @throws AppError('argument-invalid') when it did not change. */
  diff(id: TaskId, path: string, wish: DiffOptions, signal: AbortSignal): Promise<FileDiff>
  /**
   * Resolves with as many lines as fit into so many characters, of all files or of one.
   * @throws AppError('argument-invalid') when the task did not change the file.
   */
  patch(
    id: TaskId,
    options: { readonly path?: string | undefined; readonly characters: number },
    signal: AbortSignal,
  ): Promise<Patched>
}

export interface ChangesSeen {
  /** Whether the task works at this moment: what it changed is in its clone alone. */
  readonly live: boolean
  /** When the clone was read; ISO 8601, UTC. Null where it was not: the task has ended, or has no clone yet. */
  readonly readAt: string | null
  /** Newest first. The last one of a task that works may hold what is not committed yet. */
  readonly commits: readonly CommitLine[]
  readonly files: readonly FileChange[]
  /** What could not be read, one sentence each. */
  readonly notes: readonly string[]
}

export interface Patched extends ChangesSeen {
  /** For each file its name and its lines. */
  readonly patch: string
  /** How many files have no lines in it, for want of room. */
  readonly without: number
  /** Added files in a new folder at the top, or with an ending that no file had. */
  readonly unusual: PathList
}

/**
 * Review and conflicts of tasks that have ended. Before the merge itself nothing of the repository changes.
 * All methods but `abandon` throw AppError('task-busy') before the task's end, and 'merge-failed' where nothing waits at its ref.
 */
export interface Reviews {
  /** Resolves with its commits and files, against where it started and against the branch as it is now. */
  look(id: TaskId): Promise<TaskReview>
  /** Resolves with one of its commits by itself. @throws AppError('argument-invalid') for any other commit. */
  commit(id: TaskId, commit: string): Promise<CommitSeen>
  /** Resolves with the lines of one file. @throws AppError('argument-invalid') when the file does not differ there. */
  diff(id: TaskId, path: string, against: Against, wish?: DiffOptions): Promise<FileDiff>
  /**
   * Merges all of the work, or the commits that the selection names (ids may be cut to four digits); the rest stays at the ref.
   * @throws AppError('argument-invalid') for a selection that names none of the task's commits; 'task-ended' when it is merged already.
   */
  accept(id: TaskId, selection?: Selection): Promise<MergeOutcome>
  /**
   * Puts on record that the work is not wanted, and deletes its ref when `dropRef` says so.
   * @throws AppError('task-ended') when it is merged already.
   */
  reject(id: TaskId, options: { readonly dropRef: boolean }): Promise<void>
  /** Resolves with how far the work comes onto the branch as it is now, with what was chosen so far. */
  conflicts(id: TaskId): Promise<ConflictsView>
  /** Resolves with the pieces of a file that collides. @throws AppError('argument-invalid') when it does not collide there. */
  openConflict(id: TaskId, file: { readonly commit: string; readonly path: string }): Promise<ConflictText>
  /**
   * Keeps a choice, or takes it back with null; resolves with what is known then.
   * @throws AppError('argument-invalid') for a choice that the file cannot have.
   */
  choose(
    id: TaskId,
    choice: { readonly commit: string; readonly path: string; readonly resolution: Resolution | null },
  ): Promise<ConflictsView>
  /**
   * Merges with the choices. Where the branch moved at the last moment the work stays unmerged, and the answer says which choices no longer hold.
   * @throws AppError('merge-failed') while something has to be chosen.
   */
  finish(id: TaskId): Promise<FinishedConflicts>
  /** Forgets all choices. */
  abandon(id: TaskId): Promise<void>
}
