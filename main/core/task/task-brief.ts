import type { CheckReport } from '../merge/check-report.ts'
import type { MergeOutcome, SalvagedWork } from '../merge/merge.ts'
import type { AgentChoice } from './agent-choice.ts'
import type { TaskMessage } from './message.ts'
import type { AgentUsage, FormerEnd, Task, TaskResult } from './task.ts'

/** Enough of a task's text to know it by. */
const briefDescriptionLimit = 300

type Kept =
  | 'home'
  | 'id'
  | 'repo'
  | 'repoPath'
  | 'workFolder'
  | 'createdAt'
  | 'state'
  | 'startCommit'
  | 'agentStartedAt'
  | 'machineStartedAt'
  | 'finishedAt'
  | 'announcedSeq'
  | 'resolves'
  | 'plan'
  | 'attempt'
  | 'judges'
  | 'after'
  | 'retries'
  | 'place'

/** What lists show of a task, and what is decided over many. Small: there may be ten thousand. Every `Task` is one. */
export interface TaskBrief extends Pick<Task, Kept> {
  /** In a list: its beginning, leading blanks left out, at most `briefDescriptionLimit` characters. */
  readonly description: string
  /** Of attempts with what their check came to, where one was run. */
  readonly result: (Pick<TaskResult, 'usage'> & { readonly check?: Pick<CheckReport, 'exitCode'> }) | null
  readonly work: Pick<SalvagedWork, 'ref' | 'commit'> | null
  readonly merge: { readonly kind: MergeOutcome['kind']; readonly dropped?: boolean; readonly kept?: number } | null
  /** What its agent was told after its task began, oldest first. */
  readonly messages: readonly Pick<TaskMessage, 'state'>[]
  /** Of attempts: the model that was chosen for it, and whether it is the one that is wanted. */
  readonly agent?: Pick<AgentChoice, 'model'>
  readonly chosen?: boolean
  /** What the machine at its place calls itself. */
  readonly node?: string | null
  readonly former: (Pick<FormerEnd, 'seq'> & { readonly result: Pick<TaskResult, 'usage'> | null }) | null
}

export const briefOf = (task: TaskBrief): TaskBrief => ({
  home: task.home,
  id: task.id,
  description: task.description.trimStart().slice(0, briefDescriptionLimit),
  repo: task.repo,
  repoPath: task.repoPath,
  createdAt: task.createdAt,
  state: task.state,
  startCommit: task.startCommit,
  agentStartedAt: task.agentStartedAt,
  machineStartedAt: task.machineStartedAt,
  finishedAt: task.finishedAt,
  announcedSeq: task.announcedSeq,
  result: task.result && {
    usage: task.result.usage,
    ...(task.attempt && task.result.check && { check: { exitCode: task.result.check.exitCode } }),
  },
  work: task.work && { ref: task.work.ref, commit: task.work.commit },
  merge: task.merge && {
    kind: task.merge.kind,
    ...(task.merge.dropped === true && { dropped: true }),
    ...(task.merge.kept !== undefined && { kept: task.merge.kept }),
  },
  messages: task.messages.map(({ state }) => ({ state })),
  former: task.former && { seq: task.former.seq, result: task.former.result && { usage: task.former.result.usage } },
  ...(task.resolves && { resolves: task.resolves }),
  ...(task.plan && { plan: task.plan }),
  ...(task.attempt && { attempt: task.attempt, chosen: task.chosen === true }),
  ...(task.attempt && task.agent?.model !== undefined && { agent: { model: task.agent.model } }),
  ...(task.judges !== undefined && { judges: task.judges }),
  ...(task.after && { after: task.after }),
  ...(task.retries !== undefined && { retries: task.retries }),
  ...(task.workFolder !== undefined && { workFolder: task.workFolder }),
  ...(task.place && { place: task.place }),
  ...(task.node != null && { node: task.node }),
})

/** What it took so far, as far as it is on record: a task that goes on has taken at least what it had before. */
export const usageOf = ({ result, state, former }: Pick<TaskBrief, 'result' | 'state' | 'former'>): AgentUsage | null =>
  result?.usage ?? (state.phase === 'parked' ? state.parking.usage : null) ?? former?.result?.usage ?? null

/** Whether the task has ended and its end was told: nothing more happens to it by itself. */
export const isOver = ({ announcedSeq }: Pick<Task, 'announcedSeq'>): boolean => announcedSeq !== null
