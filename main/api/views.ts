import { toldPaths } from '../core/bounded-list.ts'
import { type EnvironmentWord, environmentWord } from '../core/environment/environment.ts'
import { AppError } from '../core/failure.ts'
import type { Landing, LandingState } from '../core/landing/landing.ts'
import { type MergePolicyWord, mergePolicyWord } from '../core/merge/merge-policy.ts'
import type { Overlap } from '../core/merge/overlap.ts'
import { type EgressWord, egressWord } from '../core/network/egress.ts'
import type { Readiness } from '../core/plan/readiness.ts'
import type { RequestRecord, RequestState } from '../core/pull-request.ts'
import { parseTaskId, slotCount, type Task, type TaskId } from '../core/task/task.ts'
import { type TaskBrief, usageOf } from '../core/task/task-brief.ts'
import {
  type MergeView,
  type ResultView,
  statusOf,
  type TaskStatus,
  type TaskView,
  taskView,
} from '../core/task/view.ts'
import type { RepositoryTotals } from '../core/task/wanted-tasks.ts'
import { unreachable } from '../core/unreachable.ts'
import { pathExists } from '../lib/files/look.ts'
import type { Tasks } from '../tasks/contract.ts'
import type { Delivery } from '../tasks/events/event-consumers.ts'
import type { RequestNews } from '../tasks/events/logged-event.ts'
import { readPullRequest } from '../tasks/record/pull-request-file.ts'
import { filesOf } from '../tasks/record/task-files.ts'

/** The shapes that every front door answers with. Their names are a contract with clients: fields may be added, and none changes. */

export interface TaskSummary extends PlaceView {
  task_id: string
  status: TaskStatus
  description: string
  repo: string
  phase: Task['state']['phase']
  created_at: string
  /** The plan that it is a task of, and what that calls it. */
  plan_id?: string
  plan_name?: string
  /** Where it runs or ran, by its name; absent for a task of this host. */
  place?: string
}

/** What a task waits for; nothing for one that does not. */
interface PlaceView {
  /** Its place among those that wait for a slot, from 1; absent when it waits for something else. */
  queue_position?: number
  /** Ids of the tasks that it comes after and that have not ended. */
  waits_for?: string[]
  /** Why it waits at its place, in the words of that. */
  waits_because?: string
  /** Why none of its tasks can begin before someone does something: a task that it comes after has failed, say. */
  held_because?: string
  /** Its work is on its way onto the branch, and has to be checked as it would be there. */
  landing?: LandingView
}

interface LandingView {
  /** `checks`: its check runs in a machine, on the branch with `ahead` other works that are not there yet. */
  state: LandingState['kind']
  /** Among those that wait for the same branch, from 1. */
  position: number
  of: number
  ahead?: number
}

const landingView = ({ kind, ...place }: LandingState): LandingView => ({ state: kind, ...place })

type WaitingOf = Pick<Tasks, 'queuePosition' | 'readiness' | 'landing' | 'placeStanding'>

function placeOf(id: TaskId, tasks: WaitingOf): PlaceView {
  const position = tasks.queuePosition(id)
  const readiness = tasks.readiness(id)
  const landing = tasks.landing(id)
  const standing = tasks.placeStanding(id)
  return {
    ...(position !== null && { queue_position: position }),
    ...(standing?.kind === 'waits' && { waits_because: standing.why }),
    ...(landing && { landing: landingView(landing) }),
    ...(readiness?.kind === 'waits' && { waits_for: [...readiness.for] }),
    ...(readiness?.kind === 'held' && { held_because: `${readiness.why}. ${cureOf(readiness)}` }),
  }
}

function cureOf({ cause, by }: Extract<Readiness, { kind: 'held' }>): string {
  switch (cause) {
    case 'no-result':
      return `Have that one go on (continue_task ${by}), run it again (retry_task ${by}), or merge what it left (merge_task ${by})`
    case 'deleted':
      return 'Cancel this task (cancel_task), and run it without that one'
    case 'unmerged':
      return `Merge one of them (merge_task ${by})`
    default:
      return unreachable(cause)
  }
}

export interface AttemptView {
  task_id: string
  number: number
  model?: string
  status: TaskStatus
  /** In US dollars; null while it is not known. */
  cost_usd: number | null
  /** Absent where no check was run. */
  check_exit_code?: number | null
  files_changed: number
  chosen: boolean
}

/** Of one of several attempts, or their judge, all that are on record; nothing for any other task. */
export async function attemptsOf(
  { attempt, judges }: Task,
  tasks: Pick<Tasks, 'attempts'>,
): Promise<{ attempts?: AttemptView[] }> {
  const group = attempt?.group ?? judges
  if (group === undefined) return {}
  return { attempts: (await tasks.attempts(group)).map(attemptView) }
}

const attemptView = (task: Task): AttemptView => ({
  ...{ task_id: task.id, number: task.attempt?.number ?? 0, status: statusOf(task.state) },
  ...(task.agent?.model !== undefined && { model: task.agent.model }),
  cost_usd: usageOf(task)?.costUsd ?? null,
  ...(task.result?.check && { check_exit_code: task.result.check.exitCode }),
  files_changed: task.result?.filesChanged.length ?? 0,
  chosen: task.chosen,
})

/** Another task that changes what this one changes. */
export interface OverlapView {
  task_id: string
  /** Files that both change. */
  files: string[]
  /** Those of them in which the same lines changed, as far as that can be told. */
  collides: string[]
}

const overlapView = ({ task, files, collides }: Overlap): OverlapView => ({
  ...{ task_id: task, files: toldPaths(files), collides: toldPaths(collides) },
})

/** Nothing for a task that changes nothing that others change. */
function overlapsOf(id: TaskId, tasks: Pick<Tasks, 'overlaps'>): { overlaps?: OverlapView[] } {
  const overlaps = tasks.overlaps(id)
  return overlaps.length === 0 ? {} : { overlaps: overlaps.map(overlapView) }
}

/** Each pair once. */
export const overlapsAmong = (
  ids: readonly TaskId[],
  tasks: Pick<Tasks, 'overlaps'>,
): (Omit<OverlapView, 'task_id'> & { tasks: string[] })[] =>
  ids.flatMap((id) =>
    tasks
      .overlaps(id)
      .filter(({ task }) => id < task || !ids.includes(task))
      .map((overlap) => {
        const { task_id, ...lists } = overlapView(overlap)
        return { tasks: [id, task_id], ...lists }
      }),
  )

/** The answer of `get_task_info`. */
export const taskInfo = (task: Task, tasks: Tasks): TaskView & PlaceView & { overlaps?: OverlapView[] } => ({
  ...taskView(task),
  clone_path: filesOf(task).repo,
  ...overlapsOf(task.id, tasks),
  ...placeOf(task.id, tasks),
})

/** The request for a task's work at its repository's forge. */
export interface PullRequestView {
  /** Absent while none is known. */
  number?: number
  url?: string
  state: RequestState | 'none'
  branch: string
  target: string
  /** Why the last try failed; it is tried again. */
  problem?: string
}

/** Of a task whose work was brought to a forge, or was to be; nothing for any other. */
export async function pullRequestOf(
  task: Pick<Task, 'home' | 'id' | 'workFolder'>,
): Promise<{ pull_request?: PullRequestView }> {
  const record = await readPullRequest(filesOf(task)).catch(() => null) // The server's log names one that is damaged.
  return record === null ? {} : { pull_request: pullRequestView(record) }
}

const pullRequestView = ({ request, branch, target, problem }: RequestRecord): PullRequestView => ({
  ...(request ?? { state: 'none' }),
  ...{ branch, target },
  ...(problem !== null && { problem }),
})

export const taskSummary = (
  { id, state, description, repo, createdAt, plan, place }: TaskBrief,
  tasks: WaitingOf,
): TaskSummary => ({
  task_id: id,
  status: statusOf(state),
  description,
  repo,
  phase: state.phase,
  created_at: createdAt,
  ...(plan && { plan_id: plan.id, plan_name: plan.name }),
  ...(place && { place: place.name }),
  ...placeOf(id, tasks),
})

export interface RepositoryView {
  alias: string
  path: string
  added: string
  /** How many of its tasks are on record. */
  tasks: number
  /** What its tasks on record cost whose agents came to their end, in US dollars. */
  cost_usd: number
  /** What its tasks may reach; `default` is what the settings say. */
  egress: EgressWord | 'default'
  /** What its tasks work in. */
  environment: EnvironmentWord
  /** What has to happen before its tasks are merged. */
  merge: MergePolicyWord
  /** How checked work comes onto the branch. */
  landing: Landing
  /** Where its tasks run that name no place, best first; `default` is what the settings say. */
  places: string[] | 'default'
}

/** Adds to each repository what its tasks on record come to; a task that was cleaned up is not counted. */
export function repositoryViews(
  repositories: Awaited<ReturnType<Tasks['repositories']>>,
  totals: ReadonlyMap<string, Pick<RepositoryTotals, 'tasks' | 'costUsd'>>,
): RepositoryView[] {
  return repositories.map(
    ({ alias, path, added, egress, environment, mergePolicy = { kind: 'auto' }, landing = 'direct', places }) => {
      const { tasks, costUsd } = totals.get(path) ?? { tasks: 0, costUsd: 0 }
      return {
        ...{ alias, path, added, tasks, cost_usd: Math.round(costUsd * 1e6) / 1e6 },
        egress: egress ? egressWord(egress) : 'default',
        environment: environmentWord(environment ?? { kind: 'auto' }),
        merge: mergePolicyWord(mergePolicy),
        landing,
        places: places ? [...places] : 'default',
      }
    },
  )
}

export interface LogPaths {
  log_path: string
  /** The log of what the task reached and was refused; absent where no gateway wrote one. */
  network_log_path?: string
}

/** Resolves with the answer of `get_task_logs`: absolute paths on this host. */
export async function logPaths(id: TaskId, tasks: Tasks): Promise<LogPaths> {
  const { network } = filesOf(await tasks.get(id))
  return { log_path: await tasks.consolePath(id), ...((await pathExists(network)) && { network_log_path: network }) }
}

export type SlotsView = {
  max_slots: number
  active: { slot: number; task_id: string }[]
  available: number[]
  warnings: string[]
}

export function slotsView(slots: ReturnType<Tasks['slots']>, warnings: readonly string[]): SlotsView {
  return {
    max_slots: slotCount,
    active: slots.flatMap(({ slot, taskId }) => (taskId === null ? [] : [{ slot, task_id: taskId }])),
    available: slots.filter(({ taskId }) => taskId === null).map(({ slot }) => slot),
    warnings: [...warnings],
  }
}

export type EventView = EndView | IdleView | RequestView

interface AnyEventView {
  task_id: string
  repo: string
  /** The number of the event in the log; given as `after`, it makes the next call go on from here. */
  seq: number
  /** How many more events wait for this consumer. */
  pending: number
  /** When it was told; ISO 8601, UTC. */
  at: string
}

interface EndView extends AnyEventView {
  type: 'completed' | 'failed'
  result: ResultView | null
  merge_result: MergeView | null
  error: string | null
  /** What was refused or left out while its work was saved; absent when nothing was. */
  notes?: string[]
}

/** The task has not ended: its agent has nothing to do. */
interface IdleView extends AnyEventView {
  type: 'idle'
  said: string | null
  waits_since: string
  waits_until: string
}

/** The task has ended: something became of the request for its work at a forge. */
interface RequestView extends AnyEventView {
  type: 'pull_request'
  what: RequestNews
  number: number
  url: string
  /** Of checks: the commit that they were of. */
  commit?: string
  /** What a stranger wrote there: a comment with its author, or names of checks that failed. */
  said?: string
}

export function eventView({ event, pending }: Pick<Delivery, 'event' | 'pending'>): EventView {
  const { taskId, repo, seq, at } = event
  const known = { task_id: taskId, repo, seq, pending, at }
  if (event.type === 'idle') {
    const { type, said, since, until } = event
    return { type, ...known, said, waits_since: since, waits_until: until }
  }
  if (event.type === 'pull_request') {
    const { type, what, number, url, commit, said } = event
    const more = { ...(commit !== undefined && { commit }), ...(said !== undefined && { said }) }
    return { type, ...known, what, number, url, ...more }
  }
  const { type, result, mergeResult, error, notes } = event
  const { task_id, ...numbers } = known
  return {
    ...{ type, task_id, repo, result, merge_result: mergeResult, error },
    ...(notes && { notes: [...notes] }),
    ...{ seq: numbers.seq, pending, at },
  }
}

/** @throws AppError('task-unknown') when the text cannot be the id of a task. */
export function requireTaskId(text: string): TaskId {
  const id = parseTaskId(text)
  if (id) return id
  throw new AppError('task-unknown', `There is no task '${text.slice(0, 80)}'`, {
    hint: 'An id is eight hexadecimal digits; see list_tasks',
  })
}
