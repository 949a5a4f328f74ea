import { unreachable } from '../unreachable.ts'
import type { TaskId } from './task.ts'
import { isOver, type TaskBrief, usageOf } from './task-brief.ts'
import { statusOf, type TaskStatus, waitingRef } from './view.ts'

/** Which of all tasks are wanted. Each of these is about few tasks, however many there are. */
export type WantedTasks =
  /** Those that have not ended, or whose end was not told yet. */
  | { readonly kind: 'open' }
  /** Those whose work waits for its user, see `waitsForUser`, with all attempts beside one of them, and their judge. */
  | { readonly kind: 'waiting' }
  /** What a window always has: open ones, those that wait, what ended since, and so many of the newest ends. */
  | { readonly kind: 'recent'; readonly since: string; readonly ends: number }
  /** Those that ended since; ISO 8601, UTC. */
  | { readonly kind: 'ended'; readonly since: string }
  | { readonly kind: 'ids'; readonly ids: readonly TaskId[] }
  /** These, and those that were started in place of one of them. */
  | { readonly kind: 'runs'; readonly of: readonly TaskId[] }
  /** Those that come after one of these. */
  | { readonly kind: 'after'; readonly one: readonly TaskId[] }
  | { readonly kind: 'plan'; readonly plan: string }
  /** The attempts of a group, and their judge. */
  | { readonly kind: 'group'; readonly group: string }
  /** Those that resolve the conflicts of this one. */
  | { readonly kind: 'resolvers'; readonly of: TaskId }

/** The newest tasks of those that are as it says. */
export interface NewestTasks {
  readonly status?: TaskStatus | undefined
  readonly repo?: string | undefined
  /** What became of work that was not dropped since. */
  readonly merge?: 'merged' | 'unmerged'
  readonly limit: number
}

/** What the tasks of one repository come to. */
export interface RepositoryTotals {
  readonly tasks: number
  readonly costUsd: number
  /** The one that was made last. */
  readonly lastTask: TaskId
}

/** Its work waits at its ref because it was not merged, and nobody has said yet that it is not wanted. */
export const waitsForUser = (task: TaskBrief): boolean =>
  task.state.phase === 'finished' &&
  task.state.outcome.kind === 'unmerged' &&
  task.state.outcome.merge.reason !== 'rejected' &&
  task.state.outcome.merge.reason !== 'not_chosen' &&
  waitingRef(task) !== null

/** The attempts that a task is one of, or judges; null where it does neither. */
export const groupOf = ({ attempt, judges }: Pick<TaskBrief, 'attempt' | 'judges'>): string | null =>
  attempt?.group ?? judges ?? null

/** What became of its work; null where it has none, or it was dropped. */
export const mergeKindOf = ({ merge }: Pick<TaskBrief, 'merge'>): string | null =>
  merge === null || merge.dropped === true ? null : merge.kind

/**
 * Those of all that are wanted, in their order. Pure.
 * @param groups the attempts of which one waits, where these tasks alone do not say that.
 */
export function wantedAmong<Brief extends TaskBrief>(
  all: readonly Brief[],
  wanted: WantedTasks,
  groups: ReadonlySet<string> = groupsThatWait(all),
): readonly Brief[] {
  const waits = (task: Brief): boolean => waitsForUser(task) || groups.has(groupOf(task) ?? '')
  switch (wanted.kind) {
    case 'open':
      return all.filter(isOpen)
    case 'waiting':
      return all.filter(waits)
    case 'recent': {
      const ends = all.filter(({ finishedAt }) => finishedAt !== null).toSorted(byEnd)
      const newest = new Set(ends.slice(Math.max(0, ends.length - wanted.ends)))
      const isRecent = ({ finishedAt }: Brief) => finishedAt === null || finishedAt >= wanted.since
      return all.filter((task) => isOpen(task) || isRecent(task) || newest.has(task) || waits(task))
    }
    case 'ended':
      return all.filter(({ finishedAt }) => finishedAt !== null && finishedAt >= wanted.since)
    case 'ids':
      return all.filter(({ id }) => wanted.ids.includes(id))
    case 'runs':
      return all.filter(
        ({ id, retries }) => wanted.of.includes(id) || (retries !== undefined && wanted.of.includes(retries)),
      )
    case 'after':
      return all.filter(({ after = [] }) => after.some((id) => wanted.one.includes(id)))
    case 'plan':
      return all.filter(({ plan }) => plan?.id === wanted.plan)
    case 'group':
      return all.filter((task) => groupOf(task) === wanted.group)
    case 'resolvers':
      return all.filter(({ resolves }) => resolves?.task === wanted.of)
    default:
      return unreachable(wanted)
  }
}

/** Those of all that are as it says, oldest first, of any number. Pure. */
export const matchingNewest = <Brief extends TaskBrief>(
  all: readonly Brief[],
  { status, repo, merge }: Omit<NewestTasks, 'limit'>,
): readonly Brief[] =>
  all.filter(
    (task) =>
      (status === undefined || statusOf(task.state) === status) &&
      (repo === undefined || task.repo === repo) &&
      (merge === undefined || mergeKindOf(task) === merge),
  )

/** What tasks come to, by the paths of their repositories, beside what is known already. Pure. @param tasks oldest first. */
export function totalsOf(
  tasks: readonly TaskBrief[],
  known: ReadonlyMap<string, RepositoryTotals> = new Map(),
): ReadonlyMap<string, RepositoryTotals> {
  const totals = new Map(known)
  for (const task of tasks) {
    const before = totals.get(task.repoPath)
    totals.set(task.repoPath, {
      tasks: (before?.tasks ?? 0) + 1,
      costUsd: (before?.costUsd ?? 0) + (usageOf(task)?.costUsd ?? 0),
      lastTask: task.id,
    })
  }
  return totals
}

export const byCreation = (one: TaskBrief, other: TaskBrief): number => compare(one.createdAt, other.createdAt)

/** The groups of attempts of which one waits for its user. Pure. */
export const groupsThatWait = (all: readonly TaskBrief[]): ReadonlySet<string> =>
  new Set(all.filter(waitsForUser).flatMap((task) => groupOf(task) ?? []))

const isOpen = (task: TaskBrief): boolean => !isOver(task)

const byEnd = (one: TaskBrief, other: TaskBrief): number => compare(one.finishedAt ?? '', other.finishedAt ?? '')

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)
