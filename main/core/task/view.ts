import type { Attempt } from '../attempts/attempt.ts'
import { toldPaths } from '../bounded-list.ts'
import { type EnvironmentWord, environmentWord } from '../environment/environment.ts'
import { failureText } from '../failure.ts'
import type { CheckReport, LandingCheck } from '../merge/check-report.ts'
import { type AlsoKept, type LeftUnderWay, type MergeOutcome, type SalvagedWork, taskRef } from '../merge/merge.ts'
import { unreachable } from '../unreachable.ts'
import { lostNote, type MessageState, type MessageTime, type TaskMessage } from './message.ts'
import { slotOf, type Task, type TaskResult, type TaskState } from './task.ts'
import { baseName, startOf } from './task-base.ts'
import type { TaskBrief } from './task-brief.ts'

/** The four words that MCP clients know. */
export type TaskStatus = 'pending' | 'running' | 'completed' | 'failed'

export function statusOf(state: TaskState): TaskStatus {
  switch (state.phase) {
    case 'queued':
    case 'parked':
      return 'pending'
    case 'cloning':
    case 'booting':
    case 'working':
    case 'waiting':
    case 'stopping':
    case 'merging':
      return 'running'
    case 'finished':
      return state.outcome.kind === 'failed' || state.outcome.kind === 'cancelled' ? 'failed' : 'completed'
    default:
      return unreachable(state)
  }
}

/** The shape of `result.json`. */
export interface ResultView {
  success: boolean
  summary: string
  files_changed: string[]
  error: string | null
  cost_usd?: number
  input_tokens?: number
  output_tokens?: number
  turns?: number
  session_id?: string
  check?: CheckView
}

/** What a check command did. */
interface CheckView {
  exit_code: number | null
  output: string
  /** It was ended because it took longer than its limit. */
  timed_out?: true
}

/** A check of the work as it is on the branch, in a machine of its own. */
interface LandingCheckView extends CheckView {
  command: string
  commit: string
  /** The same files had been checked before. */
  known?: true
}

const checkView = ({ exitCode, output, timedOut }: CheckReport): CheckView => ({
  exit_code: exitCode,
  output,
  ...(timedOut && { timed_out: true }),
})

const landingCheckView = ({ command, commit, isKnown, ...report }: LandingCheck): LandingCheckView => ({
  ...checkView(report),
  command,
  commit,
  ...(isKnown && { known: true }),
})

export function resultView(result: TaskResult): ResultView {
  const { usage } = result
  return {
    success: result.success,
    summary: result.summary,
    files_changed: [...result.filesChanged],
    error: result.error,
    ...(usage && {
      cost_usd: usage.costUsd,
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      turns: usage.turns,
      ...(usage.sessionId !== null && { session_id: usage.sessionId }),
    }),
    ...(result.check && { check: checkView(result.check) }),
  }
}

/** What salvage found beside the commits that merge; a part of `result.json` and of what `get_task_info` answers. */
export interface SalvageView {
  notes: string[]
  also: { ref: string; commit: string; from: string }[]
  left: { operation: string | null; files: string[] } | null
}

export const salvageView = (work: SalvagedWork | null): SalvageView => ({
  notes: [...(work?.notes ?? [])],
  also: (work?.also ?? []).map(alsoView),
  left: work?.left ? leftView(work.left) : null,
})

const alsoView = ({ ref, commit, from }: AlsoKept) => ({ ref, commit, from })
const leftView = (left: LeftUnderWay) => ({
  operation: left.operation,
  files: [...toldPaths(left), ...(left.isPartial ? ['… (more files than are looked into)'] : [])],
})

/** The shape of `merge-result.json`. */
export type MergeView =
  | {
      merged: true
      method: 'fast-forward' | 'rebase'
      /** How many are on the branch now. */
      commits: number
      conflicts: string[]
      branch: string
      /** The branch's commit after the merge. */
      commit: string
      /** The task that resolved its conflicts. */
      through?: string
      /** Commits of the task that are not on the branch as it made them, and where they wait. */
      kept?: number
      task_ref?: string
      detail?: string
      /** Notes on the merge for a person, one sentence each. */
      notes?: string[]
      /** Of the very files that are on the branch now, where they are not those that the task itself had checked. */
      check?: LandingCheckView
    }
  /** Everything in it was on the branch already. */
  | { merged: true; method: 'none'; commits: 0; conflicts: string[] }
  | {
      merged: false
      reason: string
      conflicts: string[]
      task_ref: string
      files?: string[]
      /** Changed paths that run by themselves in a user's checkout. */
      held?: string[]
      detail: string
      /** Of the work as it would have been on the branch, which kept it off. */
      check?: LandingCheckView
    }

export function mergeView(taskId: string, merge: MergeOutcome): MergeView {
  switch (merge.kind) {
    case 'merged':
      return {
        merged: true,
        method: merge.method,
        commits: merge.commits,
        conflicts: [],
        branch: merge.branch,
        commit: merge.to,
        ...(merge.through !== undefined && { through: merge.through }),
        ...(merge.kept && { kept: merge.kept, task_ref: taskRef(taskId), detail: keptText(taskId, merge.kept, merge) }),
        ...(merge.notes !== undefined && { notes: [...merge.notes] }),
        ...(merge.check && { check: landingCheckView(merge.check) }),
      }
    case 'unchanged':
      return { merged: true, method: 'none', commits: 0, conflicts: [] }
    case 'unmerged': {
      const files = toldPaths(merge)
      return {
        merged: false,
        reason: merge.reason,
        conflicts: merge.reason === 'conflicts' ? files : [],
        task_ref: taskRef(taskId),
        ...(merge.reason !== 'conflicts' && files.length > 0 && { files }),
        ...(merge.reason === 'held_paths' && { held: files }),
        detail: merge.detail,
        ...(merge.check && { check: landingCheckView(merge.check) }),
      }
    }
    default:
      return unreachable(merge)
  }
}

/** What became of commits that are not on the branch as the task made them, for a person. */
function keptText(taskId: string, kept: number, { through }: { readonly through?: string }): string {
  const commits = kept === 1 ? '1 commit' : `${kept} commits`
  const why = through === undefined ? 'left out' : 'resolved differently'
  const wait = kept === 1 ? 'waits' : 'wait'
  const merged = through === undefined ? '' : `Merged through ${through}; `
  return `${merged}${commits} ${kept === 1 ? 'was' : 'were'} ${why} and ${wait} at ${taskRef(taskId)} until you drop them`
}

/** What a task's agent was told after it began. */
interface MessageView {
  id: string
  kind: 'text' | 'interrupt' | 'finish'
  text?: string
  when?: MessageTime
  state: MessageState
  sent_at: string
}

/** What `get_task_info` answers; `task.json` holds the same beside the full record. */
export interface TaskView extends SalvageView {
  task_id: string
  description: string
  repo: string
  status: TaskStatus
  phase: TaskState['phase']
  result: ResultView | null
  merge_result: MergeView | null
  /** Why the task failed or was stopped, one sentence with what to do next. */
  error: string | null
  pid: number | null
  /** The hypervisor's: 0 when the guest powered off by itself or was stopped; null while it runs or when a signal ended it. */
  exit_code: number | null
  slot: number | null
  /** The place where it runs or ran, by its name, and what the machine there calls itself; absent for a task of this host. */
  place?: string
  node?: string
  /** What it works in: a word, or the folder of a flake of the user's. */
  environment: EnvironmentWord
  /** When a parked task goes on (ISO 8601, UTC), and in `parked_because` why it waits. */
  resumes_at?: string
  parked_because?: string
  /** Of an agent that has nothing to do: since when it waits to be told more, until when, and what it said last. */
  waits_since?: string
  waits_until?: string
  said?: string | null
  /** For how long it waits for more each time that it is done, in milliseconds; absent where it ends then. */
  hold_ms?: number
  /** What it was told when it was continued last, after an end that holds no longer. */
  continued_with?: string
  /** What its agent was told after it began, with what became of each; absent when there was nothing. */
  messages?: MessageView[]
  /** The task at whose end this one began. */
  forked_from?: string
  /** The tasks that it comes after. */
  after?: string[]
  /** The plan that it is a task of, and what that calls it. */
  plan_id?: string
  plan_name?: string
  /** The task that it was started in place of. */
  retries?: string
  /** Of one of several attempts at the same text: the group of all, its number from 1, and of how many; whether it was chosen. */
  attempt?: { group: string; number: number; of: number; chosen: boolean }
  /** The group of attempts among which it is to choose. */
  judges?: string
  /** The task whose conflicts this one is to resolve. */
  resolves?: string
  /** What was asked for in place of the user's own model and effort, and of what is checked out. */
  model?: string
  effort?: string
  base?: string
  /** `refs/tasks/ID` while the task's work waits there. */
  task_ref: string | null
  /** Where its clone lies on this host; a guest wrote what is in it. */
  clone_path?: string
  created_at: string
  started_at: string | null
  /** Since when the guest makes ready what the task works in, which is not counted as its time; absent when it does not. */
  preparing_since?: string
  finished_at: string | null
}

/** `refs/tasks/ID` while the task's work waits there. */
export function waitingRef({ id, work, merge }: TaskBrief): string | null {
  const gone = merge !== null && (merge.kind !== 'unmerged' || merge.dropped === true) && !merge.kept
  return work?.ref != null && !gone ? taskRef(id) : null
}

/** What the host noted of the task, and of the work that it saved. */
export const notesOf = ({ notes, messages, work }: Pick<Task, 'notes' | 'messages' | 'work'>): string[] => {
  const lost = lostNote(messages)
  return [...notes, ...(lost === null ? [] : [lost]), ...(work?.notes ?? [])]
}

/** Enough of a message to know it by. */
const messageTextLimit = 2_000

const messageViews = (messages: readonly TaskMessage[]): MessageView[] =>
  messages.map(({ id, state, sentAt, ...said }) =>
    said.kind === 'text'
      ? { id, kind: said.kind, text: said.text.slice(0, messageTextLimit), when: said.when, state, sent_at: sentAt }
      : { id, kind: said.kind, state, sent_at: sentAt },
  )

export function taskView(task: Task): TaskView {
  const outcome = task.state.phase === 'finished' ? task.state.outcome : null
  const start = startOf(task)
  const ref = waitingRef(task)
  const continuation = task.parkings.findLast(({ text }) => text !== undefined)?.text
  const cancelled = ref ? `Cancelled. Its work is kept at ${taskRef(task.id)}` : 'Cancelled'
  const error =
    outcome?.kind === 'failed' ? failureText(outcome.failure) : outcome?.kind === 'cancelled' ? cancelled : null
  return {
    task_id: task.id,
    description: task.description,
    repo: task.repo,
    status: statusOf(task.state),
    phase: task.state.phase,
    result: task.result && resultView(task.result),
    merge_result: task.merge && mergeView(task.id, task.merge),
    error,
    pid: task.machine?.pid ?? null,
    exit_code: exitCodeOf(task),
    slot: slotOf(task.state),
    ...(task.place && { place: task.place.name }),
    ...(task.node !== null && { node: task.node }),
    environment: environmentWord(task.environment ?? { kind: 'flake' }),
    ...(task.state.phase === 'parked' && {
      resumes_at: task.state.parking.until,
      parked_because: failureText(task.state.parking.reason),
    }),
    ...(task.state.phase === 'waiting' && {
      waits_since: task.state.since,
      waits_until: task.state.until,
      said: task.state.said,
    }),
    ...(task.holdMs !== undefined && { hold_ms: task.holdMs }),
    ...(continuation !== undefined && { continued_with: continuation }),
    ...(task.messages.length > 0 && { messages: messageViews(task.messages) }),
    ...(task.fork && { forked_from: task.fork.task }),
    ...(task.after && { after: [...task.after] }),
    ...(task.plan && { plan_id: task.plan.id, plan_name: task.plan.name }),
    ...(task.retries !== undefined && { retries: task.retries }),
    ...(task.attempt && { attempt: attemptView(task.attempt, task.chosen) }),
    ...(task.judges !== undefined && { judges: task.judges }),
    ...(task.resolves && { resolves: task.resolves.task }),
    ...(task.agent?.model !== undefined && { model: task.agent.model }),
    ...(task.agent?.effort !== undefined && { effort: task.agent.effort }),
    ...(start && { base: baseName(start) }),
    task_ref: ref,
    ...salvageView(task.work),
    notes: notesOf(task),
    created_at: task.createdAt,
    started_at: task.agentStartedAt,
    ...(task.state.phase === 'working' && task.preparation?.since && { preparing_since: task.preparation.since }),
    finished_at: task.finishedAt,
  }
}

const attemptView = ({ group, number, of }: Attempt, chosen: boolean) => ({ group, number, of, chosen })

function exitCodeOf({ exit }: Task): number | null {
  if (exit === null) return null
  switch (exit.kind) {
    case 'powered-off':
    case 'stopped':
      return 0
    case 'panicked':
      return 1
    case 'crashed':
      return exit.exitCode
    default:
      return unreachable(exit)
  }
}
