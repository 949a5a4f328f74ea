import {
  type HistoryGrouping,
  type HistoryOrder,
  type HistoryRequest,
  historyGroups,
  historyOrders,
  type OutcomeFilter,
  outcomeFilters,
} from '../../preload/history.ts'

const periods = ['any', 'day', 'week', 'month'] as const
export type Period = (typeof periods)[number]

/** Everything of a request but which piece of the list is wanted. */
export type HistoryQuery = Omit<HistoryRequest, 'offset' | 'limit'>

/** What an address says of the list; what is not known there counts as not given. */
export interface HistoryWords {
  readonly text: string | null
  readonly outcome: string | null
  readonly repo: string | null
  readonly place: string | null
  readonly period: string | null
  /** A column, with a `-` before it where it is descending. */
  readonly order: string | null
  readonly group: string | null
}

export interface HistoryChoice {
  readonly text: string
  readonly outcome: OutcomeFilter
  readonly repo: string | null
  /** Empty for this host. */
  readonly place: string | null
  readonly period: Period
  readonly order: HistoryOrder
  readonly descending: boolean
  readonly groupBy: HistoryGrouping
}

export const usualChoice: HistoryChoice = {
  ...{ text: '', outcome: 'all', repo: null, place: null, period: 'any' },
  ...{ order: 'ended', descending: true, groupBy: 'none' },
}

export function choiceOf(words: HistoryWords): HistoryChoice {
  const column = words.order?.replace(/^-/, '')
  const order = historyOrders.find((name) => name === column)
  return {
    text: words.text ?? usualChoice.text,
    outcome: outcomeFilters.find((name) => name === words.outcome) ?? usualChoice.outcome,
    repo: words.repo,
    place: words.place,
    period: periods.find((name) => name === words.period) ?? usualChoice.period,
    order: order ?? usualChoice.order,
    descending: order ? words.order?.startsWith('-') === true : usualChoice.descending,
    groupBy: historyGroups.find((name) => name === words.group) ?? usualChoice.groupBy,
  }
}

/** What a click on a column's head makes of the order: the other way round, or that column as it is read first. */
export function orderAfter({ order, descending }: HistoryChoice, column: HistoryOrder): string {
  const down =
    column === order
      ? !descending
      : column !== 'task' && column !== 'repository' && column !== 'place' && column !== 'outcome'
  return `${down ? '-' : ''}${column}`
}

const dayMs = 24 * 60 * 60 * 1000
const periodMs: Readonly<Record<Exclude<Period, 'any'>, number>> = { day: dayMs, week: 7 * dayMs, month: 30 * dayMs }

export const queryOf = ({ period, ...choice }: HistoryChoice, nowMs: number, timeZone: string): HistoryQuery => ({
  ...choice,
  since: period === 'any' ? null : new Date(nowMs - periodMs[period]).toISOString(),
  timeZone,
})

/** The lines of the list: heads of groups, and the rows by their places. */
export type HistoryLine =
  | { readonly kind: 'head'; readonly group: number }
  | { readonly kind: 'row'; readonly at: number }

/** What stands in a line of the list, where its groups have so many rows. Pure. */
export function lineAt(groups: readonly { readonly count: number }[], line: number): HistoryLine {
  let before = 0
  for (const [group, { count }] of groups.entries()) {
    const within = line - before - group
    if (within === 0) return { kind: 'head', group }
    if (within <= count) return { kind: 'row', at: before + within - 1 }
    before += count
  }
  return { kind: 'row', at: line - groups.length }
}

/** The line in which a row stands. Pure. */
export function lineOf(groups: readonly { readonly count: number }[], at: number): number {
  let before = 0
  for (const [group, { count }] of groups.entries()) {
    before += count
    if (at < before) return at + group + 1
  }
  return at + groups.length
}
