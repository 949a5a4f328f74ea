/**
 * What the window shows of everything at once: a snapshot, and the deltas that keep it current.
 */

import type { EnvironmentWish } from '../main/core/environment/environment.ts'
import type { Failure, FailureCode } from '../main/core/failure.ts'
import type { UnmergedReason } from '../main/core/merge/merge.ts'
import type { MergePolicy } from '../main/core/merge/merge-policy.ts'
import type { EgressWord } from '../main/core/network/egress.ts'
import type { RequestState } from '../main/core/pull-request.ts'
import type { ActivePhase, AgentUsage, SlotId, TaskId, TaskOutcome } from '../main/core/task/task.ts'
import type { ShownSettings } from './settings.ts'

/** One thing that an agent said or did, as a card shows it. */
export interface StepLine {
  /** At most 80 characters; null where it spoke. */
  readonly tool: string | null
  /** What the tool was used on, or what was said; one line, at most 160 characters. */
  readonly text: string
  readonly state: 'running' | 'done' | 'failed'
}

/** What a running task did last. Guest data, cut to one line each and free of control characters. */
export interface Activity {
  /** Last line of the console, at most 200 characters. */
  readonly lastLine: string
  /** The newest last, at most four; none before the agent has begun. */
  readonly steps: readonly StepLine[]
  /** Input, cached or not, and output so far, all requests. */
  readonly tokens: number
  /** US dollars; null until the agent says so, which it does at its end. */
  readonly costUsd: number | null
}

export type RowState =
  | {
      readonly phase: 'queued'
      /** Among those that wait for a slot, from 1; null where it waits for something else before. */
      readonly position: number | null
      /** What that is, one sentence; null where it waits for a slot alone. */
      readonly blocked: string | null
    }
  /** null at a place, which is another machine. */
  | { readonly phase: Exclude<ActivePhase, 'merging' | 'booting'>; readonly slot: SlotId | null }
  | {
      readonly phase: 'booting'
      readonly slot: SlotId | null
      /** What its machine waits for before it can start, one line; absent where nothing is waited for. */
      readonly boots?: string
    }
  | {
      readonly phase: 'merging'
      readonly slot: SlotId | null
      /** How far its work is that is checked before it comes onto the branch, one sentence with no full stop; absent otherwise. */
      readonly landing?: string
    }
  /** Its agent has nothing to do, since then, and waits until then to be told more; ISO 8601, UTC. */
  | { readonly phase: 'waiting'; readonly slot: SlotId | null; readonly since: string; readonly until: string }
  /** It gave its slot back and goes on by itself: the agent ran into a usage limit, or the network went away. */
  | {
      readonly phase: 'parked'
      /** When it is to go on; ISO 8601, UTC. */
      readonly until: string
      /** Why, one sentence. */
      readonly detail: string
      /** Its place among those that wait for a slot, from 1, once its time has come; null before. */
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
      /** As of one that is merging, where its work was asked to be merged after its end. */
      readonly landing?: string
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
  readonly live: Activity | null
  readonly usage: AgentUsage | null
  /** The tasks that it comes after. Absent where there are none. */
  readonly after?: readonly TaskId[]
  /** The plan that it is a task of, and what that calls it. */
  readonly plan?: { readonly id: string; readonly name: string }
  /** Of several attempts at one task, and of their judge. */
  readonly attempt?: AttemptOfRow
  /** The request for its work at a forge, as that was told of last. */
  readonly request?: RequestOfRow
  /** The other machine that it runs on, by its name. Absent for a task of this host. */
  readonly place?: string
  /** One letter for each thing that was said to its agent, by what became of it: the details have the texts. Absent where there is none. */
  readonly told?: string
  /** Which other tasks change what it changes, one sentence with no full stop, and the one that does so most; absent where there are none. */
  readonly overlap?: { readonly text: string; readonly with: TaskId }
}

export interface AttemptOfRow {
  /** The same for all of them, and for their judge. */
  readonly group: string
  /** `judge`: it is none itself, and is to choose. */
  readonly as: 'candidate' | 'chosen' | 'judge'
  /** Which it is, of what model, and what its check came to: `Attempt 2 of 3, opus, check succeeded`. */
  readonly text: string
}

export interface RequestOfRow {
  readonly state: RequestState
  /** `Pull request 12 open, checks failed, 3 comments`. */
  readonly text: string
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
  /** What its tasks work in. */
  readonly environment: EnvironmentWish
  /** What its tasks may reach; null where it has no policy of its own, so that the settings' is its. */
  readonly egress: EgressWord | null
  /** What has to happen before its tasks are merged. */
  readonly mergePolicy: MergePolicy
  /** The project at a forge where its work waits in pull requests. Absent where it does not. */
  readonly pullRequests?: string
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
  /** What has not ended, what waits for the user, and the newest ends; oldest first. `history` has the others. */
  readonly tasks: readonly TaskRow[]
  /** How many finished tasks were not among them when the snapshot was made. */
  readonly olderTasks: number
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
