/**
 * What the window may ask of its host, and what the host tells it. Two carriers hold to it: IPC in the desktop app, HTTP with an
 * event stream for a browser. Everything here is plain JSON, so that both carry it alike. Names and shapes are ours alone: window
 * and host come from one build. The shapes are in the files beside it, by their subject.
 */

import type { Failure } from '../main/core/failure.ts'
import type { ConflictsView, ConflictText, FinishedConflicts, Resolution } from '../main/core/merge/conflicts.ts'
import type { Against, DiffOptions, FileDiff } from '../main/core/merge/file-diff.ts'
import type { MergePolicy } from '../main/core/merge/merge-policy.ts'
import type { EgressWord } from '../main/core/network/egress.ts'
import type { ForgeWish } from '../main/core/pull-request.ts'
import type { StatementSeen } from '../main/core/statement-seen.ts'
import type { Effort } from '../main/core/task/agent-choice.ts'
import type { MessageTime } from '../main/core/task/message.ts'
import type { TaskId } from '../main/core/task/task.ts'
import type { MergeView } from '../main/core/task/view.ts'
import type { AttemptsView } from './attempts.ts'
import type { HistoryPage, HistoryRequest } from './history.ts'
import type { Added, Host, Place, QuickEntry, Setup } from './host.ts'
import type { LandingView } from './landing.ts'
import type { Delta, Snapshot } from './live-state.ts'
import type { PlaceProblem, PlaceView } from './places.ts'
import type { PlanView } from './plan.ts'
import type { ForgeView, RepositoryDetails } from './repository.ts'
import type { RequestView } from './request.ts'
import type { Review, ReviewedCommit } from './review.ts'
import type { ShownSettings, WindowSettings } from './settings.ts'
import type { Changes, ConsolePiece, ShellPiece, Steps, TaskDetails } from './task-details.ts'

/** Every call takes one object and may fail with a `Failure`. Those of `DesktopRequests` exist in the desktop app alone. */
export interface Requests {
  host(request: Record<never, never>): Host
  snapshot(request: Record<never, never>): Snapshot
  /** A piece of the list of all tasks that match. */
  history(request: HistoryRequest): HistoryPage
  runTask(request: {
    readonly repo: string
    readonly description: string
    readonly queue?: boolean
    readonly priority?: number
    readonly timeoutMs?: number
    readonly maxCostUsd?: number
    readonly maxTokens?: number
    readonly model?: string
    readonly effort?: Effort
    /** How long its agent waits for more each time that it is done; left out, it ends then. */
    readonly holdMs?: number
    /** More settings of Claude Code's, under the names of `run_task`. */
    readonly agent?: {
      readonly subagent_model?: string
      readonly max_output_tokens?: number
      readonly max_thinking_tokens?: number
    }
    /** A branch, a tag, a commit or another task's id. */
    readonly base?: string
    /** The name of another machine that runs it. */
    readonly place?: string
    /** So many agents are given the task, of whose work one is chosen. */
    readonly attempts?: number
    /** With attempts: the models of their agents, in turn. */
    readonly models?: readonly string[]
    /** With attempts: whether another task reads what they made and chooses. */
    readonly judge?: boolean
  }): {
    /** Of several attempts the first. */
    readonly id: TaskId
  }
  task(request: { readonly id: string }): TaskDetails
  /** What waits for the branch of a task whose work is on its way there. */
  landing(request: { readonly id: string }): LandingView
  statement(request: { readonly id: string }): StatementSeen
  /** The request for its work at the forge of its repository; null where nothing was done there. */
  request(request: { readonly id: string }): { readonly request: RequestView | null }
  /** The tasks that belong together with that one: all of its plan, or those before and after it. */
  plan(request: { readonly id: string }): PlanView
  /** All attempts at the task that one of them, or their judge, is of. */
  attempts(request: { readonly id: string }): AttemptsView
  /** Takes this one of several attempts that have all ended: it is merged, and what the others made is kept below its refs. */
  chooseAttempt(request: { readonly id: string }): MergeView
  /** Stops every task of the plan that has not ended. */
  cancelPlan(request: { readonly planId: string }): Record<never, never>
  cancelTask(request: { readonly id: string }): Record<never, never>
  /** Tries again to bring the work that waits at the task's ref onto the branch. */
  mergeTask(request: { readonly id: string }): MergeView
  /**
   * Runs a task that has ended once more, from where it began: a branch as it is now, the task that it is a fork of, or the work that it resolves. With `onTopOf` from
   * what that task comes to, after this one was stopped where it is at work.
   */
  retryTask(request: { readonly id: string; readonly onTopOf?: string }): { readonly id: TaskId }
  /** Starts a task that writes and tries a flake or a dev container for the repository; its work waits for a review. */
  setUpRepository(request: { readonly repo: string }): { readonly id: TaskId }
  /** Has a task that has ended go on with a further text, in its own clone and session. Limits are for the whole task. */
  continueTask(request: {
    readonly id: string
    readonly text: string
    readonly timeoutMs?: number
    readonly maxCostUsd?: number
    readonly maxTokens?: number
  }): Record<never, never>
  /** Starts tasks that go on where one has ended, each with its own copy of clone and session. */
  forkTask(request: {
    readonly id: string
    readonly text: string
    readonly count: number
    readonly timeoutMs?: number
    readonly maxCostUsd?: number
    readonly maxTokens?: number
  }): { readonly ids: readonly TaskId[] }
  /** Has the agent of a task that has not ended read a text. */
  sendMessage(request: { readonly id: string; readonly text: string; readonly when: MessageTime }): Record<never, never>
  /** Has the agent of a task stop what it does, and wait. */
  interruptTask(request: { readonly id: string }): Record<never, never>
  /** Has a task whose agent waits for more come to its end. */
  finishTask(request: { readonly id: string }): Record<never, never>
  cleanupTask(request: { readonly id: string; readonly deleteRef: boolean }): Record<never, never>
  /** Answers at once, or with `wait` when there is something from `offset` on or the machine is off; at the latest after 25 s. */
  readConsole(request: {
    readonly id: string
    readonly offset: number
    readonly limit: number
    readonly wait: boolean
    /** The console of the machine that checks its work as it would be on the branch, in place of its own. */
    readonly ofCheck?: boolean
  }): ConsolePiece
  /** Opens a shell in the task's machine; `shell` is its name for the calls below, which nobody else knows. */
  openShell(request: { readonly id: string; readonly rows: number; readonly columns: number }): {
    readonly shell: string
  }
  /** Answers when it has shown something from `after` on, or has ended; at the latest after 25 s. One question at a time. */
  readShell(request: { readonly shell: string; readonly after: number }): ShellPiece
  /** What is typed, as base64; answers when the machine has taken it. */
  writeShell(request: { readonly shell: string; readonly data: string }): Record<never, never>
  resizeShell(request: {
    readonly shell: string
    readonly rows: number
    readonly columns: number
  }): Record<never, never>
  /** Ends it, and what runs in it. One that nobody asks about is ended by itself. */
  closeShell(request: { readonly shell: string }): Record<never, never>
  /**
   * Begins an SSH connection with the task's machine, for the program that bridges it to an ssh of this host: read, written and closed as a shell is.
   */
  openSsh(request: { readonly id: string }): { readonly shell: string }
  /** The ports at which programs of the agent listen, from the lowest on. */
  listeningPorts(request: { readonly id: string }): { readonly ports: readonly number[] }
  /** The address at which this host's browser finds that port of the task's machine from now on. */
  openPreview(request: { readonly id: string; readonly port: number }): { readonly url: string }
  readSteps(request: { readonly id: string; readonly after: number; readonly wait: boolean }): Steps
  changes(request: { readonly id: string }): Changes
  fileDiff(request: { readonly id: string; readonly path: string; readonly wish?: DiffOptions }): FileDiff
  review(request: { readonly id: string }): Review
  /** One commit by itself: its whole message, and its files against the commit before. */
  reviewCommit(request: { readonly id: string; readonly commit: string }): ReviewedCommit
  reviewDiff(request: {
    readonly id: string
    readonly path: string
    readonly against: Against
    readonly wish?: DiffOptions
  }): FileDiff
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
  /** A policy alone: work waits in pull requests no more, and those that are open stay so. */
  setMergePolicy(request: { readonly alias: string; readonly policy: MergePolicy }): { readonly policy: MergePolicy }
  forge(request: { readonly alias: string }): ForgeView
  /** Has the work of a repository wait for a review, in pull requests. Holds for tasks that end from then on. */
  setForge(request: { readonly alias: string } & ForgeWish): Record<never, never>
  repository(request: { readonly alias: string }): RepositoryDetails
  /** What a repository's tasks may reach; null for what the settings say. Holds for tasks that start from then on. */
  setEgress(request: { readonly alias: string; readonly egress: EgressWord | null }): Record<never, never>
  /** What its tasks work in from now on: a word, or the path of a folder of this host. */
  setEnvironment(request: { readonly alias: string; readonly environment: string }): Record<never, never>
  addRepository(request: { readonly path: string; readonly environment?: 'auto' | 'tools' | 'plain' }): Added
  removeRepository(request: { readonly alias: string }): Record<never, never>
  /** Writes a `flake.nix` where there is none; the user commits it. */
  writeStarterFlake(request: { readonly path: string }): { readonly file: string }
  /** Bytes on disk by alias, and of all slots; takes a while. */
  diskUsage(request: Record<never, never>): {
    readonly totalBytes: number
    readonly slotsBytes: number
    readonly byRepository: Readonly<Record<string, number>>
  }
  places(request: Record<never, never>): { readonly places: readonly PlaceView[] }
  /** Asks a place what it lacks; takes seconds. */
  checkPlace(request: { readonly place: string }): { readonly problems: readonly PlaceProblem[] }
  setup(request: Record<never, never>): Setup
  /** Of the disk that holds the home, in bytes; null where the system does not say. */
  diskRoom(request: Record<never, never>): { readonly freeBytes: number | null; readonly totalBytes: number | null }
  changeSettings(request: { readonly changes: Partial<WindowSettings> }): ShownSettings
}

export interface DesktopRequests {
  /** Opens the system's dialog; an empty list when the user thought better of it. */
  chooseFolders(request: Record<never, never>): { readonly paths: readonly string[] }
  openTask(request: { readonly id: string; readonly with: 'editor' | 'terminal' | 'finder' }): Record<never, never>
  setStartAtLogin(request: { readonly on: boolean }): { readonly startAtLogin: Host['startAtLogin'] }
  quickEntry(request: Record<never, never>): QuickEntry
  /** Hides the panel for a quick task, and shows the window at a view where one is given. */
  leaveQuickEntry(request: { readonly to: 'repositories' | null }): Record<never, never>
  /** Takes the keys at once; 'argument-invalid' when another program has them, and the former ones stay. */
  setQuickEntryKeys(request: { readonly keys: string | null }): Record<never, never>
  /** Links the command line into the PATH. */
  installCommandLine(request: Record<never, never>): { readonly path: string }
}

/** What the host tells without being asked. */
export interface Notices {
  delta: Delta
  goTo: Place
  /** The panel for a quick task comes to be seen. */
  quickEntryShown: Record<never, never>
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
