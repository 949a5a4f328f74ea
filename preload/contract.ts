/**
 * What the window may ask of its host, and what the host tells it. Two carriers hold to it: IPC in the desktop app, HTTP with an
 * event stream for a browser. Everything here is plain JSON, so that both carry it alike. Names and shapes are ours alone: window
 * and host come from one build.
 */

import type { Failure, FailureCode } from '../main/core/failure.ts'
import type { CheckReport } from '../main/core/merge/check-report.ts'
import type { ConflictsView, ConflictText, Resolution } from '../main/core/merge/conflicts.ts'
import type { FileDiff, Hunk } from '../main/core/merge/file-diff.ts'
import type { AlsoKept, MergeOutcome, UnmergedReason } from '../main/core/merge/merge.ts'
import type { MergePolicy } from '../main/core/merge/merge-policy.ts'
import type { TaskCaps } from '../main/core/task/caps.ts'
import type { ActivePhase, AgentUsage, SlotId, TaskId, TaskOutcome } from '../main/core/task/task.ts'
import type { MergeView } from '../main/core/task/view.ts'

export type { FileDiff, Hunk }

// ---- state that the window shows live -------------------------------------------------------------------------------

/** What a running task did last. Guest data, cut to one line each and free of control characters. */
export interface Live {
  /** Last line of the console, at most 200 characters. */
  readonly lastLine: string
  /** Input, cached or not, and output so far, all requests. */
  readonly tokens: number
  /** US dollars; null until the agent says so, which it does at its end. */
  readonly costUsd: number | null
}

export type RowState =
  | { readonly phase: 'queued'; readonly position: number | null }
  | { readonly phase: ActivePhase; readonly slot: SlotId }
  /** It gave its slot back and goes on by itself: the agent ran into a usage limit, or the network went away. */
  | {
      readonly phase: 'parked'
      /** When it is to go on; ISO 8601, UTC. */
      readonly until: string
      /** Why, one sentence. */
      readonly detail: string
      /** From 1, once its time has come and it waits for a slot. */
      readonly position: number | null
    }
  | {
      readonly phase: 'finished'
      readonly slot: SlotId | null
      readonly outcome: TaskOutcome['kind']
      /** Why it is not on the branch, or failed. */
      readonly reason: UnmergedReason | FailureCode | null
      /** One sentence for a person; empty when there is nothing to say. */
      readonly detail: string
      /** The files of a conflict or in the way, at most 20 of them; `fileCount` counts all. */
      readonly files: readonly string[]
      readonly fileCount: number
    }

/** A task as lists and cards show it; small, since there may be ten thousand. */
export interface TaskRow {
  readonly id: TaskId
  /** The first line of its text, at most 200 characters. */
  readonly title: string
  readonly repo: string
  readonly state: RowState
  /** `refs/tasks/ID` while work waits there. */
  readonly ref: string | null
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly startedAt: string | null
  readonly finishedAt: string | null
  /** Only while it runs. */
  readonly live: Live | null
  readonly usage: AgentUsage | null
}

export interface SlotRow {
  readonly slot: SlotId
  readonly taskId: TaskId | null
  /** Aliases of the repositories that prefer the slot and have its disks warm. */
  readonly warmFor: readonly string[]
  /** Alias of the repository for whose next task a machine waits there; null when none does. */
  readonly machineFor: string | null
}

export interface RepositoryRow {
  readonly alias: string
  readonly path: string
  /** ISO 8601, UTC. */
  readonly added: string
  /** The branch that is checked out; null when HEAD is detached, the repository is gone or empty. */
  readonly branch: string | null
  /** Why no task can start in it now, null when one can. */
  readonly problem: Failure | null
  /** What has to happen before its tasks are merged. */
  readonly mergePolicy: MergePolicy
  readonly tasks: number
  readonly costUsd: number
  readonly lastTask: TaskId | null
}

/** Someone who speaks MCP with us. */
export interface ClientRow {
  readonly name: string
  readonly version: string
  /** Whether a response to it is under way: it is there now. */
  readonly connected: boolean
}

export interface Snapshot {
  /** The number of the newest change in it. */
  readonly seq: number
  /** Oldest first. */
  readonly tasks: readonly TaskRow[]
  readonly slots: readonly SlotRow[]
  readonly repositories: readonly RepositoryRow[]
  readonly clients: readonly ClientRow[]
  /** Host and port that the server listens on; a change in the settings holds from its next start. */
  readonly address: string
  /** What the user should know of (disk nearly full, damaged records); one sentence each. */
  readonly warnings: readonly string[]
  readonly settings: ShownSettings
}

/** Numbered from the snapshot's `seq` on without a gap; a window that misses one asks for a new snapshot. */
export interface Delta {
  readonly seq: number
  readonly changes: readonly Change[]
}

export type Change =
  | { readonly kind: 'task'; readonly task: TaskRow }
  | { readonly kind: 'task-gone'; readonly id: TaskId }
  | { readonly kind: 'slots'; readonly slots: readonly SlotRow[] }
  | { readonly kind: 'repositories'; readonly repositories: readonly RepositoryRow[] }
  | { readonly kind: 'clients'; readonly clients: readonly ClientRow[] }
  | { readonly kind: 'warnings'; readonly warnings: readonly string[] }
  | { readonly kind: 'settings'; readonly settings: ShownSettings }

// ---- one task -------------------------------------------------------------------------------------------------------

export interface TaskDetails {
  readonly row: TaskRow
  /** The whole text. */
  readonly description: string
  readonly repoPath: string
  readonly branch: string | null
  readonly startCommit: string | null
  /** Null in records of older versions. */
  readonly caps: TaskCaps | null
  readonly summary: string | null
  readonly failure: Failure | null
  readonly merge: MergeOutcome | null
  /** What the check of the repository's policy did; null where there was none. */
  readonly check: CheckReport | null
  /** The task whose conflicts this one is to resolve. */
  readonly resolves: TaskId | null
  /** What salvage found worth telling, one sentence each. */
  readonly notes: readonly string[]
  /** Work that was found beside the line that merges, each at a ref of its own. */
  readonly also: readonly AlsoKept[]
  readonly folder: string
  readonly consolePath: string
}

/** Bytes of a console. The window asks for the next piece when it has shown the last: never more than one is under way. */
export interface ConsolePiece {
  /** Where the piece starts. Lower than asked for when the file was started over: what was shown before is in `FILE.1`. */
  readonly offset: number
  /** Base64 of at most `limit` bytes. */
  readonly data: string
  /** Bytes of the file now. */
  readonly size: number
  /** The machine is off and nothing more will come. */
  readonly ended: boolean
}

/** One thing that Claude said or did, from its stream: guest data, bounded and parsed by the host. */
export type Step =
  | { readonly kind: 'said'; readonly at: string | null; readonly text: string }
  | {
      readonly kind: 'tool'
      readonly at: string | null
      readonly tool: string
      /** The command, path, pattern or the like; one line, at most 300 characters. */
      readonly subject: string
      /** What it printed, at most 4,000 characters; null while it runs. */
      readonly output: string | null
      readonly failed: boolean
    }
  | {
      readonly kind: 'ended'
      readonly at: string | null
      readonly success: boolean
      readonly text: string
      readonly usage: AgentUsage
    }

export interface Steps {
  readonly steps: readonly Step[]
  /** To give as `after` for what comes next. A tool that was running is told again with its output, from `from` on. */
  readonly from: number
  readonly next: number
  readonly ended: boolean
}

export interface ChangedFile {
  readonly path: string
  readonly oldPath: string | null
  readonly status: 'added' | 'modified' | 'deleted' | 'renamed' | 'type-changed'
  readonly added: number
  readonly removed: number
  readonly binary: boolean
  /** Where it is more than an ordinary file: `link`, `submodule`, `new, executable`, `mode 644 → 755`, `file → link`. */
  readonly mode?: string
}

export interface Changes {
  readonly commits: readonly {
    readonly id: string
    readonly subject: string
    readonly author: string
    readonly at: string
  }[]
  /** At most 2,000; `fileCount` counts all. */
  readonly files: readonly ChangedFile[]
  readonly fileCount: number
}

// ---- review and conflicts --------------------------------------------------------------------------------------------

/** What waits at a task's ref. `review`, `conflicts` and what follows of them fail with 'merge-failed' where nothing waits. */
export interface Review {
  readonly branch: string | null
  readonly startCommit: string
  /** What is at the ref now. */
  readonly commit: string
  readonly policy: MergePolicy
  readonly check: CheckReport | null
  /** Oldest first, at most 1,000. */
  readonly commits: Changes['commits']
  /** Against the start; at most 2,000, `fileCount` counts all. */
  readonly files: readonly ChangedFile[]
  readonly fileCount: number
  /** What a merge would do to the branch as it is now. */
  readonly onBranch:
    | { readonly kind: 'merges'; readonly files: readonly ChangedFile[]; readonly fileCount: number }
    | { readonly kind: 'conflicts'; readonly files: readonly string[] }
    | { readonly kind: 'impossible'; readonly why: 'branch_gone' | 'merge_commits' }
}

/** What the lines of a file are compared with: where the task started, the branch now as merged, the commit before one of the task's. */
export type Against =
  | { readonly kind: 'start' }
  | { readonly kind: 'branch' }
  | { readonly kind: 'commit'; readonly id: string }

/** What finishing did: `settled` has the commits, files and choices that were brought onto the branch. */
export interface FinishedConflicts {
  readonly merge: MergeOutcome
  readonly settled: ConflictsView
  /** Choices that hold no more, when the branch moved at the last moment and nothing was merged. */
  readonly stale: ConflictsView['stale']
}

// ---- repositories, host, settings -----------------------------------------------------------------------------------

export type Added =
  | { readonly kind: 'registered'; readonly alias: string; readonly notes: readonly string[] }
  /** It is a git repository, but tasks need a `flake.nix`: `writeStarterFlake` makes one. */
  | { readonly kind: 'flake-missing'; readonly path: string }
  | { readonly kind: 'refused'; readonly path: string; readonly failure: Failure }

export interface HostProblem {
  readonly code: string
  readonly message: string
  /** One sentence or one command line. */
  readonly cure: string
  readonly optional: boolean
}

export interface Setup {
  /** Empty when a task can run. */
  readonly problems: readonly HostProblem[]
  readonly token: 'environment' | 'stored' | 'missing' | 'unsafe'
  readonly mcpUrl: string
  /** `claude mcp add ...`, to be copied. */
  readonly mcpCommand: string
}

type Theme = 'system' | 'light' | 'dark'

/** The settings that the window can change, as `settings.json` holds them; see `main/settings/settings.ts`. */
export interface WindowSettings {
  readonly port: number
  /** Of repositories that have no policy of their own: a word, or the hosts that tasks may reach. */
  readonly egress: 'open' | 'closed' | readonly string[]
  readonly memoryMiB: number
  readonly cpus: number
  /** How many machines may wait, booted ahead of their tasks. */
  readonly warmMachines: number
  readonly queue: boolean
  readonly taskTimeoutMs: number
  readonly maxCostUsd: number | null
  readonly maxTokens: number | null
  readonly silenceTimeoutMs: number | null
  readonly minFreeGiB: number
  readonly pruneAfterDays: number | null
  readonly onQuit: 'leave' | 'stop'
  /** Whether conflicts wait for a wish, or another task resolves them by itself. */
  readonly resolveConflicts: 'ask' | 'auto'
  readonly theme: Theme
  /** Of the desktop app; no use in a browser. */
  readonly notifyCompleted: boolean
  readonly notifyFailed: boolean
  readonly notifyConflicts: boolean
  readonly keepAwake: boolean
}

/** The settings that are in force, and what `settings.json` says of those that hold only from the next start of the server on. */
export interface ShownSettings extends WindowSettings {
  readonly atNextStart: Partial<WindowSettings>
}

/** What this window's host can do beyond what every one can. */
export interface Host {
  readonly kind: 'desktop' | 'web'
  readonly platform: 'darwin' | 'linux' | 'other'
  readonly version: string
  /** Of `startAtLogin`; null where there is no such thing. */
  readonly startAtLogin: 'on' | 'off' | 'requires-approval' | null
}

/** Where the window is to go, because a notification or a menu said so. */
export type Place =
  | { readonly view: 'slots' | 'repositories' | 'conflicts' | 'history' | 'setup' | 'settings' | 'new-task' }
  | { readonly view: 'task' | 'resolve' | 'review'; readonly id: TaskId }

// ---- the calls ------------------------------------------------------------------------------------------------------

/** Every call takes one object and may fail with a `Failure`. Those of `DesktopRequests` exist in the desktop app alone. */
export interface Requests {
  host(request: Record<never, never>): Host
  snapshot(request: Record<never, never>): Snapshot
  runTask(request: {
    readonly repo: string
    readonly description: string
    readonly queue?: boolean
    readonly priority?: number
    readonly timeoutMs?: number
    readonly maxCostUsd?: number
    readonly maxTokens?: number
  }): { readonly id: TaskId }
  task(request: { readonly id: string }): TaskDetails
  cancelTask(request: { readonly id: string }): Record<never, never>
  /** Tries again to bring the work that waits at the task's ref onto the branch. */
  mergeTask(request: { readonly id: string }): MergeView
  cleanupTask(request: { readonly id: string; readonly deleteRef: boolean }): Record<never, never>
  /** With `wait` it answers when there is something from `offset` on, or the machine is off; at the latest after 25 s. */
  readConsole(request: {
    readonly id: string
    readonly offset: number
    readonly limit: number
    readonly wait: boolean
  }): ConsolePiece
  readSteps(request: { readonly id: string; readonly after: number; readonly wait: boolean }): Steps
  changes(request: { readonly id: string }): Changes
  fileDiff(request: { readonly id: string; readonly path: string }): FileDiff
  review(request: { readonly id: string }): Review
  reviewDiff(request: { readonly id: string; readonly path: string; readonly against: Against }): FileDiff
  /** Merges all of it, or `only` these commits (the rest stays at the ref), some with new `messages`. */
  acceptTask(request: {
    readonly id: string
    readonly only?: readonly string[]
    readonly messages?: Readonly<Record<string, string>>
  }): MergeView
  rejectTask(request: { readonly id: string; readonly dropRef: boolean }): Record<never, never>
  /** How far the work comes onto the branch as it is now, with what was chosen so far; changes nothing. */
  conflicts(request: { readonly id: string }): ConflictsView
  /** One file of a commit that collides: its pieces, or the sizes of its sides. */
  openConflict(request: { readonly id: string; readonly commit: string; readonly path: string }): ConflictText
  /** Keeps a choice, null takes it back. Choices outlive the window; a choice that the file cannot have is 'argument-invalid'. */
  chooseConflict(request: {
    readonly id: string
    readonly commit: string
    readonly path: string
    readonly resolution: Resolution | null
  }): ConflictsView
  /** Merges with the choices; 'merge-failed' while something is still to be chosen. */
  finishConflicts(request: { readonly id: string }): FinishedConflicts
  /** Forgets all choices. */
  abandonConflicts(request: { readonly id: string }): Record<never, never>
  /** Starts a task that resolves the conflicts of this one. */
  resolveTask(request: { readonly id: string; readonly queue?: boolean }): { readonly id: TaskId }
  setMergePolicy(request: { readonly alias: string; readonly policy: MergePolicy }): { readonly policy: MergePolicy }
  addRepository(request: { readonly path: string }): Added
  removeRepository(request: { readonly alias: string }): Record<never, never>
  /** Writes a `flake.nix` where there is none; the user commits it. */
  writeStarterFlake(request: { readonly path: string }): { readonly file: string }
  /** Bytes on disk by alias, and of all slots; takes a while. */
  diskUsage(request: Record<never, never>): {
    readonly totalBytes: number
    readonly slotsBytes: number
    readonly byRepository: Readonly<Record<string, number>>
  }
  setup(request: Record<never, never>): Setup
  changeSettings(request: { readonly changes: Partial<WindowSettings> }): ShownSettings
}

export interface DesktopRequests {
  /** Opens the system's dialog; an empty list when the user thought better of it. */
  chooseFolders(request: Record<never, never>): { readonly paths: readonly string[] }
  openTask(request: { readonly id: string; readonly with: 'editor' | 'terminal' | 'finder' }): Record<never, never>
  setStartAtLogin(request: { readonly on: boolean }): { readonly startAtLogin: Host['startAtLogin'] }
  /** Links the command line into the PATH. */
  installCommandLine(request: Record<never, never>): { readonly path: string }
}

/** What the host tells without being asked. */
export interface Notices {
  delta: Delta
  goTo: Place
  /** What the system's notification centre did not take. */
  notify: { readonly title: string; readonly body: string; readonly place: Place | null }
}

export type AnyRequests = Requests & DesktopRequests
export type RequestName = keyof AnyRequests
export type RequestOf<Name extends RequestName> = Parameters<AnyRequests[Name]>[0]
export type AnswerOf<Name extends RequestName> = ReturnType<AnyRequests[Name]>
export type NoticeName = keyof Notices

/** What crosses in answer to a call, in both carriers. */
export type Reply<Name extends RequestName> =
  | { readonly ok: true; readonly value: AnswerOf<Name> }
  | { readonly ok: false; readonly failure: Failure }

/** What the preload puts at `window.host`, and `renderer/api.ts` makes of HTTP in a browser. */
export interface Bridge {
  call<Name extends RequestName>(name: Name, request: RequestOf<Name>): Promise<Reply<Name>>
  /** @returns the end of it. */
  listen<Name extends NoticeName>(name: Name, listener: (notice: Notices[Name]) => void): () => void
  /** The path of a folder that was dropped on the window; empty where only the desktop app can know. */
  pathOf(file: unknown): string
}
