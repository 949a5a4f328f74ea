/**
 * The tasks of all time, as the window's History asks for them: a filter, an order, and a piece of the list. The window never has all of them.
 */

import type { TaskRow } from './live-state.ts'

export const outcomeFilters = ['all', 'merged', 'needs-you', 'failed', 'stopped'] as const
export type OutcomeFilter = (typeof outcomeFilters)[number]

export const historyOrders = ['ended', 'outcome', 'task', 'repository', 'place', 'elapsed', 'tokens', 'cost'] as const
export type HistoryOrder = (typeof historyOrders)[number]

export const historyGroups = ['none', 'day', 'repository'] as const
export type HistoryGrouping = (typeof historyGroups)[number]

export interface HistoryRequest {
  /** Words, each of which is in the task's text, summary, repository, id, refs or files. */
  readonly text: string
  readonly outcome: OutcomeFilter
  /** An alias, or null for all. */
  readonly repo: string | null
  /** The name of a place, empty for this host, or null for all. */
  readonly place: string | null
  /** Only tasks that ended since, or have not ended; ISO 8601, UTC. Null for all. */
  readonly since: string | null
  readonly order: HistoryOrder
  readonly descending: boolean
  readonly groupBy: HistoryGrouping
  /** The reader's, by which days are counted: `Europe/Berlin`. */
  readonly timeZone: string
  /** The first row that is wanted, from 0, and how many. */
  readonly offset: number
  readonly limit: number
}

export interface HistoryPage {
  readonly rows: readonly TaskRow[]
  /** Rows that match. */
  readonly total: number
  /** Tasks that there are. */
  readonly all: number
  /** Of all tasks, by outcome. */
  readonly counts: Readonly<Record<OutcomeFilter, number>>
  /** Aliases that any task has, sorted. */
  readonly repositories: readonly string[]
  /** Names of the places that any task has, sorted. */
  readonly places: readonly string[]
  /** Of the rows that match: input, cached or not, and output. */
  readonly tokens: number
  readonly costUsd: number
  /** In the order of the rows, which are sorted by group first; empty without grouping. */
  readonly groups: readonly HistoryGroup[]
  /** Of the rows that match, oldest first, one entry for each day on which a task ended; the newest 90 days. */
  readonly spend: readonly DaySpend[]
}

export interface HistoryGroup {
  /** A day as `2026-11-30`, an alias, or empty for tasks that have not ended. */
  readonly name: string
  readonly count: number
  readonly costUsd: number
}

export interface DaySpend {
  /** `2026-11-30`. */
  readonly day: string
  readonly tasks: number
  readonly costUsd: number
}
