import type { Attempt } from '../attempts/attempt.ts'
import type { TaskEnvironment } from '../environment/environment.ts'
import type { Failure } from '../failure.ts'
import type { CheckReport } from '../merge/check-report.ts'
import type { By } from '../merge/may-publish.ts'
import type { Accepted, MergeOutcome, SalvagedWork } from '../merge/merge.ts'
import type { MergePolicy } from '../merge/merge-policy.ts'
import type { AgentChoice } from './agent-choice.ts'
import type { TaskCaps } from './caps.ts'
import type { NewMessage, TaskMessage, Told } from './message.ts'
import type { TaskBase } from './task-base.ts'
import type { TaskPlace } from './task-place.ts'

/** Eight lower-case hexadecimal digits; parse with `parseTaskId`. */
export type TaskId = string & { readonly __brand: 'TaskId' }

const taskIdPattern = /^[0-9a-f]{8}$/

/** The id, or undefined when the text is none; ids become paths and refs, so nothing else may pass. */
export function parseTaskId(text: string): TaskId | undefined {
  return taskIdPattern.test(text) ? (text as TaskId) : undefined
}

export const slotCount = 10
/** 1 to 10. */
export type SlotId = number & { readonly __brand: 'SlotId' }
export const allSlots: readonly SlotId[] = Array.from({ length: slotCount }, (_, index) => (index + 1) as SlotId)

/** What does not change while a task lives. */
export interface TaskIdentity {
  readonly id: TaskId
  readonly description: string
  /** Alias and real path of the repository when the task was made; the registry may change later. */
  readonly repo: string
  readonly repoPath: string
  /** The event consumer that asked for the task, so that its result can wait for it; null when no one in particular did. */
  readonly owner: string | null
  /** ISO 8601, UTC. */
  readonly createdAt: string
  /** Absent in records of older versions. */
  readonly caps?: TaskCaps
  /** Absent where it is what the host's environment says. */
  readonly agent?: AgentChoice
  /** Absent where it starts from what is checked out. */
  readonly base?: TaskBase
  /** Present when the task was to wait for a slot; higher priority goes first. */
  readonly queue?: { readonly priority: number }
  /** What its repository wanted when the task was made; absent where it is merged by itself. */
  readonly mergePolicy?: Exclude<MergePolicy, { kind: 'auto' }>
  /** What it works in, where that is not the flake of the repository. */
  readonly environment?: Exclude<TaskEnvironment, { kind: 'flake' }>
  /** Present when it goes on from the point at which another task had ended. */
  readonly fork?: Fork
  /** Present when its agent waits for more once it is done, for so long each time; in milliseconds. */
  readonly holdMs?: number
  /** Tasks that must have come to a result before this one begins. Absent when there are none. */
  readonly after?: readonly TaskId[]
  /** Present in a task of a plan: the plan's id, and what the plan calls the task. */
  readonly plan?: { readonly id: string; readonly name: string }
  /** Present in a task that was started in place of one that had ended, with the same text. */
  readonly retries?: TaskId
  /** Present in one of several attempts at the same text. */
  readonly attempt?: Attempt
  /** Present when the task is there to choose among the attempts of this group. */
  readonly judges?: string
  /** Present when it makes its repository ready for other tasks. */
  readonly setsUp?: true
  /** Present when the task is there to resolve another one's conflicts. */
  readonly resolves?: Resolves
  /** Where its clone, share and console lie, where that is not its folder in the home. */
  readonly workFolder?: string
  /** Present when it runs on another machine: how that is reached, whatever becomes of the list of places. */
  readonly place?: TaskPlace
  /** Which repository it was, wherever that lies now. Absent in records of older versions. */
  readonly repository?: RepositoryIdentity
}

/** Enough to find a repository again that was moved, and where its commits go when its work tree is gone. */
export interface RepositoryIdentity {
  /** The `.git` folder that all its work trees share. */
  readonly commonDirectory: string
  /** The identity of the `.git` folder, which stays the same when the folder is moved on its disk. */
  readonly inode: number
  readonly bornMs: number
}

/** The point at which another task had ended: its clone was copied, and its agent's session is copied when the fork begins. */
export interface Fork {
  readonly task: TaskId
  readonly startCommit: string
  readonly branch: string | null
  /** The session of Claude's, and the id for the copy of it. */
  readonly session: string
  readonly copy: string
  /** What the session had cost in US dollars: Claude Code tells that as a part of what its copy costs. */
  readonly costUsd: number
  /** The text with which the session began, and what its agents were told since, oldest first. */
  readonly description: string
  readonly told: readonly Told[]
  /** The clone has uncommitted files that are a commit on the branch. */
  readonly hasMergedLeftovers?: true
  /** Of a task at a place, whose clone is made anew: where its line stands, and whether the last commit holds files that are not to be committed. */
  readonly line?: { readonly commit: string; readonly wip: boolean }
}

/** Another task's work that does not merge: where it began, what it is, and the branch that it is to come onto. */
export interface Resolves {
  readonly task: TaskId
  readonly startCommit: string
  readonly commit: string
  readonly branch: string
  /** Its policy, where it is not merged by itself. */
  readonly policy?: Exclude<MergePolicy, { kind: 'auto' }>
}

/** What Claude's own stream said of the run; guest data, checked by schema. */
export interface AgentUsage {
  readonly costUsd: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly turns: number
  readonly sessionId: string | null
  /** What wrote most of it, as the agent's stream names it. */
  readonly model?: string
}

/** `result.json`, checked: what the guest said, with `filesChanged` as the host saw it in the imported commits. */
export interface TaskResult {
  readonly success: boolean
  readonly summary: string
  readonly filesChanged: readonly string[]
  readonly error: string | null
  readonly usage: AgentUsage | null
  /** What the policy's command reported; absent without one, or when it did not come to its end. */
  readonly check?: CheckReport
}

/** Enough to find a virtual machine again after a restart, and to tell it from another process with its pid. */
export interface MachineHandle {
  readonly driver: 'qemu' | 'vfkit'
  readonly pid: number
  /** Clock ticks since boot (Linux) or start date (macOS), as the system prints it; pids are reused, this pair is not. */
  readonly startTime: string
  /** The socket that controls the hypervisor. */
  readonly controlSocket: string
  /** Host-only folder of sockets, pid files and helper logs. */
  readonly runDirectory: string
  /** virtiofsd, passt, the gateway: they end with the machine, and are ended by us when they do not. */
  readonly helpers: readonly { readonly name: string; readonly pid: number; readonly startTime: string }[]
  /** The key of the image that it booted; absent in records of earlier versions. */
  readonly image?: string
}

/** How a virtual machine ended: data, never an exception. */
export type MachineExit =
  | { readonly kind: 'powered-off' } // the guest shut down by itself
  | { readonly kind: 'stopped' } // we asked it to
  | { readonly kind: 'panicked'; readonly detail: string }
  | {
      readonly kind: 'crashed'
      readonly exitCode: number | null
      readonly signal: string | null
      readonly detail: string
    }

export type TaskOutcome =
  | { readonly kind: 'merged'; readonly merge: Extract<MergeOutcome, { kind: 'merged' }> }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'unmerged'; readonly merge: Extract<MergeOutcome, { kind: 'unmerged' }> }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'cancelled' }

/** Why a task gave its slot back for a while, and what it needs to go on. */
export interface Parking {
  readonly reason: Failure
  /** Not before; ISO 8601, UTC. A date and no length of time: a usage limit is lifted at a date. */
  readonly until: string
  /** What all its agents took so far, and with it the session that the next one resumes. */
  readonly usage: AgentUsage | null
  /** The text that the agent gets when the task goes on; absent where it only learns that it was interrupted. */
  readonly text?: string
}

/** The last end of a task that was continued since: what holds again where it comes to nothing, and what was told of it. */
export interface FormerEnd extends Pick<Task, 'result' | 'work' | 'merge' | 'accepted'> {
  /** The sequence number of that end in the event log. */
  readonly seq: number
}

export type ActivePhase = 'cloning' | 'booting' | 'working' | 'stopping' | 'merging'

/** An agent that has nothing to do, in its machine: it was interrupted, or is done and its task has it wait for more. */
interface Waiting {
  /** When it is left alone no longer, and comes to its end; ISO 8601, UTC. */
  readonly until: string
  /** What it said last, cut; what a guest says. Null where it was interrupted, or said nothing. */
  readonly said: string | null
}

export type TaskState =
  | { readonly phase: 'queued' }
  /** A task at a place has no slot of this host. */
  | { readonly phase: ActivePhase; readonly slot: SlotId | null }
  | ({ readonly phase: 'waiting'; readonly slot: SlotId | null; readonly since: string } & Waiting)
  | { readonly phase: 'parked'; readonly parking: Parking }
  | { readonly phase: 'finished'; readonly slot: SlotId | null; readonly outcome: TaskOutcome }

/** The slot that the task holds, or held to its end; null when it has none. */
export const slotOf = (state: TaskState): SlotId | null =>
  state.phase === 'queued' || state.phase === 'parked' ? null : state.slot

/** One step of a task's history. The record on disk is the list of these; everything shown is folded from them. */
export type TaskEvent =
  | { readonly type: 'created'; readonly at: string; readonly task: TaskIdentity }
  /** Those that it came after have ended, and it starts from the work of one of them. */
  | { readonly type: 'base-chosen'; readonly at: string; readonly base: TaskBase }
  | { readonly type: 'slot-leased'; readonly at: string; readonly slot: SlotId }
  | {
      readonly type: 'cloned'
      readonly at: string
      readonly startCommit: string
      /** The branch that was checked out, without `refs/heads/`; null when HEAD was detached. */
      readonly branch: string | null
    }
  | {
      readonly type: 'machine-started'
      readonly at: string
      readonly machine: MachineHandle
      /** How long the machine had run before it had this task; absent for one that was started for it. */
      readonly waitedMs?: number
    }
  /** It is given to its place; from now on it runs there, and has no slot of this host. */
  | { readonly type: 'placed'; readonly at: string; readonly node: string }
  /** On the host of a place: what it had been through before it came here. */
  | {
      readonly type: 'brought-along'
      readonly at: string
      readonly parkings: readonly Parking[]
      readonly messages: readonly TaskMessage[]
    }
  /** Its machine runs at its place. How that machine is found is for its keeper alone to know. */
  | { readonly type: 'machine-started-there'; readonly at: string; readonly image?: string }
  | { readonly type: 'agent-started'; readonly at: string }
  /** The guest makes ready what the task works in, or has done so after so long. */
  | { readonly type: 'environment-preparing'; readonly at: string }
  | { readonly type: 'environment-ready'; readonly at: string; readonly ms: number }
  /** The guest says that its agent has nothing to do, or that it works again. */
  | ({ readonly type: 'agent-waits'; readonly at: string } & Waiting)
  | { readonly type: 'agent-works'; readonly at: string }
  /** What the user should know of the task and no other event says; one sentence. */
  | { readonly type: 'noted'; readonly at: string; readonly note: string }
  /** Something was said to its agent, or the agent was interrupted: the host is to see to it that it hears of that, once. */
  | { readonly type: 'message-sent'; readonly at: string; readonly message: NewMessage }
  /** What the guest says of messages: the agent has read them, or has come to the end of the turn in which it did. */
  | {
      readonly type: 'messages-read'
      readonly at: string
      readonly ids: readonly string[]
      readonly as: 'delivered' | 'answered'
    }
  | { readonly type: 'stop-requested'; readonly at: string; readonly reason: Failure }
  | { readonly type: 'machine-exited'; readonly at: string; readonly exit: MachineExit }
  | { readonly type: 'result-read'; readonly at: string; readonly result: TaskResult }
  | { readonly type: 'salvaged'; readonly at: string; readonly work: SalvagedWork }
  | {
      readonly type: 'merge-tried'
      readonly at: string
      readonly merge: MergeOutcome
      /** Who had it tried; absent in records of older versions. */
      readonly by?: By
      /** What a person allowed with it. */
      readonly accepted?: Accepted
    }
  /** The task was parked in place of an end: it has no slot until it goes on. */
  | { readonly type: 'parked'; readonly at: string; readonly parking: Parking }
  /** Of several attempts it is the one that is wanted. */
  | { readonly type: 'chosen'; readonly at: string; readonly by: By }
  | { readonly type: 'finished'; readonly at: string; readonly outcome: TaskOutcome }
  /** The end is in the event log under this number; an end without it is announced at the next start. */
  | { readonly type: 'announced'; readonly at: string; readonly seq: number }
  /** A task whose end was told goes on, in the clone that it has: it waits for a slot like one that was parked. */
  | {
      readonly type: 'continued'
      readonly at: string
      readonly text: string
      /** For whom its next end waits, where that is another consumer than before. */
      readonly owner?: string
      /** In place of those that it had; over the whole task, as ever. */
      readonly caps?: TaskCaps
    }

/** The fold of a task's events. */
export interface Task extends TaskIdentity {
  /** The home that holds its folder: told by who reads the record, never by the record. */
  readonly home: string
  readonly state: TaskState
  /** Where it starts, where the tasks that it came after decided that; null otherwise. */
  readonly chosenBase: TaskBase | null
  readonly startCommit: string | null
  readonly branch: string | null
  /** What the machine at its place calls itself; null for a task that is at none, or not there yet. */
  readonly node: string | null
  readonly machine: MachineHandle | null
  readonly machineStartedAt: string | null
  /** The key of the image that its last machine booted, of a task at a place as that told it; absent where none is known. */
  readonly guestImage?: string
  /** How long its machine ran ahead of the task, which takes nothing of the task's time. */
  readonly machineWaitedMs: number
  readonly exit: MachineExit | null
  /** Why we stopped the machine ourselves, when we did. */
  readonly stopReason: Failure | null
  readonly result: TaskResult | null
  readonly work: SalvagedWork | null
  readonly merge: MergeOutcome | null
  /** What a person has allowed onto the branch, and has not rejected since; it binds every later try. */
  readonly accepted: Accepted | null
  /** Of several attempts this one was chosen. */
  readonly chosen: boolean
  readonly agentStartedAt: string | null
  /** Of the last machine: since when what it works in is made ready, null once it is; and how long that took. Absent where it took no time. */
  readonly preparation?: { readonly since: string | null; readonly ms: number }
  /** What the host noted of it, one sentence each. */
  readonly notes: readonly string[]
  /** What its agent was told after its task began, oldest first. */
  readonly messages: readonly TaskMessage[]
  /** How often its agent waited for its user. */
  readonly waits: number
  /** Every time that it was parked or continued, oldest first. */
  readonly parkings: readonly Parking[]
  /** Null for a task that was never continued. */
  readonly former: FormerEnd | null
  readonly finishedAt: string | null
  /** The sequence number of the task's end in the event log. */
  readonly announcedSeq: number | null
}
