import type { ConflictsView, ConflictText, FinishedConflicts, Resolution } from '../core/merge/conflicts.ts'
import type { Against, FileDiff } from '../core/merge/file-diff.ts'
import type { By } from '../core/merge/may-publish.ts'
import type { MergeOutcome, Selection } from '../core/merge/merge.ts'
import type { MergePolicy } from '../core/merge/merge-policy.ts'
import type { EgressPolicy } from '../core/network/egress.ts'
import type { TaskCaps } from '../core/task/caps.ts'
import type { SlotId, Task, TaskId } from '../core/task/task.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import type { EventLog } from './events/event-log.ts'
import type { TaskReview } from './review/read-review.ts'
import type { Undeleted } from './upkeep/deletions.ts'
import type { DiskUsage } from './upkeep/disk-usage.ts'

/** What the front doors (`mcp`, `web`, `desktop`, the command line) ask of the orchestrator. Every method may throw `AppError`. */
export interface Tasks {
  /** Answers as soon as the task is on record; everything slow comes after. */
  run(request: RunRequest): Promise<TaskId>
  get(id: TaskId): Promise<Task>
  /** The task's place among those that wait for a slot, from 1; null when it does not wait. */
  queuePosition(id: TaskId): number | null
  /** Every task of every registered repository, oldest first, with as much of each as lists need. */
  list(): Promise<readonly TaskBrief[]>
  /** Absolute path of the task's console log; the file appears when its machine starts. */
  consolePath(id: TaskId): Promise<string>
  /**
   * Stops the task, whatever it is doing; its work is salvaged to its ref. Resolves when the stop is on record: the end comes as
   * an event. A task that is cancelled already stays so. Refuses with 'task-busy' once the machine is off and the merge begins,
   * with 'task-ended' after the end.
   */
  cancel(id: TaskId): Promise<void>
  /**
   * Tries again to bring what waits at the ref of a task that has ended onto its branch; the outcome is on record. Throws
   * AppError('task-busy') before its end, 'task-ended' when it is merged already, 'merge-failed' when nothing waits there, or when
   * it takes a person and who asks is a client.
   */
  merge(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome>
  /**
   * Starts a task that resolves the conflicts of one that has ended; when it is merged, so is that one. Throws
   * AppError('merge-failed') where nothing collides, 'task-busy' where another task is at it, and whatever `run` throws.
   */
  resolve(id: TaskId, request?: Pick<RunRequest, 'owner' | 'queue'>): Promise<TaskId>
  /** What a person decides of work that waits at a task's ref. */
  readonly reviews: Reviews
  /** Deletes the task's folder, and its ref when told to. Refuses while the task runs, and work that waits for a person to who is none. */
  cleanup(id: TaskId, wish: CleanUp): Promise<void>
  /** What the user should know of: disks nearly full, records that cannot be read; one sentence each. */
  warnings(): Promise<readonly string[]>
  /** Bytes on disk; takes as long as it takes to look at every file. */
  usage(): Promise<DiskUsage>
  /** Deletes what is old and safe to delete, see `prune`. */
  prune(request: PruneRequest): Promise<PruneReport>
  /** Before the host sleeps: guests stand still. Resolves when they do. */
  hostSleeps(): Promise<void>
  /** After it woke: guests go on, with the right time. A host that never says so is found out within a second. */
  hostWakes(): Promise<void>
  slots(): readonly { readonly slot: SlotId; readonly taskId: TaskId | null }[]
  repositories(): Promise<readonly RegisteredRepository[]>
  /** Machines that wait in slots, each for a task of its repository; they give way to anyone who needs the slot. */
  machinesAhead(): readonly { readonly slot: SlotId; readonly repoPath: string }[]
  /** The slot whose disks are warm for the repository with this real path; null while no task of it has run. */
  warmSlot(repoPath: string): SlotId | null
  /** Tells each change of a task as soon as it is on record: the task, or null when it was cleaned up. @returns the end of it. */
  watch(listener: TaskListener): () => void
  readonly events: EventLog
}

export type TaskListener = (id: TaskId, task: TaskBrief | null) => void

export interface RunRequest {
  readonly description: string
  /** The alias, never a path. */
  readonly repo: string
  /** The event consumer that asks, see `EventLog`. */
  readonly owner?: string
  /** In place of the settings'. */
  readonly caps?: Partial<TaskCaps>
  /** Waits for a slot where none is free or memory is short, instead of failing; in place of the setting. */
  readonly queue?: boolean
  /** Of a task that waits: higher goes first. Default 0. */
  readonly priority?: number
}

export interface CleanUp {
  readonly deleteRef: boolean
  readonly by: By
}

export interface PruneRequest {
  /** Work that waits for a person's decision stays where a person can decide of it, unless a person asks. */
  readonly by: By
  /** Nothing is deleted, only told. */
  readonly dryRun: boolean
  /** Finished tasks that ended longer ago go. Default 14, unless `maxGiB` is given: then none for its age. */
  readonly keepDays?: number
  /** The oldest go until the folders of all tasks take no more than this. */
  readonly maxGiB?: number
}

export type PruneReport = {
  dry_run: boolean
  freed_bytes: number
  tasks: { task_id: string; repo: string; bytes: number }[]
  images: { key: string; bytes: number }[]
  /** What was to go, now or earlier, and could not be deleted; the next prune tries again. */
  left: Undeleted[]
}

export interface RegisteredRepository {
  readonly alias: string
  /** Real path. */
  readonly path: string
  /** ISO 8601, UTC. */
  readonly added: string
  /** What its tasks may reach. */
  readonly egress?: EgressPolicy | null
  /** What has to happen before its tasks are merged; left out, nothing. */
  readonly mergePolicy?: MergePolicy
}

/**
 * Review and conflicts of tasks that have ended. Before the merge itself nothing of the repository changes; where nothing waits at the
 * task's ref each throws AppError('merge-failed'), before the task's end 'task-busy'.
 */
export interface Reviews {
  /** Its commits and files, against where it started and against the branch now. */
  look(id: TaskId): Promise<TaskReview>
  /** The lines of one file. @throws AppError('argument-invalid') when it does not differ there. */
  diff(id: TaskId, path: string, against: Against): Promise<FileDiff>
  /** Merges all of the work, or the commits that the selection names (ids may be cut short); the rest stays at the ref. */
  accept(id: TaskId, selection?: Selection): Promise<MergeOutcome>
  /** Puts on record that it is not wanted. */
  reject(id: TaskId, options: { readonly dropRef: boolean }): Promise<void>
  /** How far the work comes onto the branch as it is now, with what was chosen so far. */
  conflicts(id: TaskId): Promise<ConflictsView>
  /** The pieces of a file that collides. */
  openConflict(id: TaskId, file: { readonly commit: string; readonly path: string }): Promise<ConflictText>
  /** Keeps a choice, or takes it back with null. @throws AppError('argument-invalid') for one that the file cannot have. */
  choose(
    id: TaskId,
    choice: { readonly commit: string; readonly path: string; readonly resolution: Resolution | null },
  ): Promise<ConflictsView>
  /** Merges with the choices. A branch that moved at the last moment leaves it unmerged, and tells which hold no more. */
  finish(id: TaskId): Promise<FinishedConflicts>
  /** Forgets all choices. */
  abandon(id: TaskId): Promise<void>
}
