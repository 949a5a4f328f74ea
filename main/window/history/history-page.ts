import type {
  DaySpend,
  HistoryGroup,
  HistoryGrouping,
  HistoryOrder,
  HistoryPage,
  HistoryRequest,
  OutcomeFilter,
} from '../../../preload/history.ts'
import { outcomeFilters } from '../../../preload/history.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { needing } from '../../../preload/task-needs.ts'
import type { HistoryFound, HistorySum } from '../../core/task/history-wish.ts'
import type { TaskId } from '../../core/task/task.ts'
import { unreachable } from '../../core/unreachable.ts'

const shownDays = 90
const quarterMs = 15 * 60_000

/** The words of a text, in lower case. Pure. */
export const wordsOf = (text: string): readonly string[] =>
  text
    .toLowerCase()
    .split(/[\s\0]+/)
    .filter(Boolean)

/** Whether what lists show of the task has all words. Pure. */
export function hasWords({ title, repo, id, ref, state, request }: TaskRow, words: readonly string[]): boolean {
  const found = state.phase === 'finished' ? `${state.detail} ${state.files.join(' ')}` : ''
  const text = `${title} ${repo} ${id} ${ref ?? ''} ${request?.text ?? ''} ${found}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

/** Those of all rows that a request wants, its words aside. Pure. @param waiting tasks that do not go on without their user. */
export function wantedOf(
  all: readonly TaskRow[],
  { repo, place, outcome, since }: Omit<HistoryRequest, 'text'>,
  waiting: ReadonlySet<TaskId> = idsOf(needing(all)),
): readonly TaskRow[] {
  return all.filter(
    (row) =>
      (repo === null || row.repo === repo) &&
      (place === null || (row.place ?? '') === place) &&
      passes(row, outcome, waiting) &&
      (since === null || row.finishedAt === null || row.finishedAt >= since),
  )
}

/** What is known of the tasks that are in the index, beside those of which all rows are at hand. */
export interface IndexedHistory extends Omit<HistoryFound, 'held' | 'tasks'> {
  readonly rows: readonly TaskRow[]
  /** Of all tasks, those that do not go on without their user. */
  readonly needing: ReadonlySet<TaskId>
}

/**
 * A piece of the list, and what is to be said of the whole. Pure.
 * @param all tasks that are not in the index
 * @param matching those of `all` that are wanted.
 */
export function historyPage(
  all: readonly TaskRow[],
  matching: readonly TaskRow[],
  request: HistoryRequest,
  indexed: IndexedHistory = nothing(all),
): HistoryPage {
  const dayOf = dayIn(request.timeZone)
  const groupOf = (row: TaskRow): string => {
    if (request.groupBy === 'none') return ''
    return request.groupBy === 'day' ? (row.finishedAt === null ? '' : dayOf(Date.parse(row.finishedAt))) : row.repo
  }
  const sorted = inOrder([...matching, ...indexed.rows], request, groupOf)
  const from = request.offset - indexed.start
  const { facts, ends } = indexed
  return {
    rows: sorted.slice(from, from + request.limit),
    total: matching.length + indexed.total,
    all: all.length + sum(Object.values(facts.outcomes)),
    counts: countsOf(all, indexed),
    repositories: [...new Set([...facts.repositories, ...all.map(({ repo }) => repo)])].sort(),
    places: [...new Set([...facts.places, ...all.flatMap(({ place }) => place ?? [])])].sort(),
    tokens: indexed.tokens + sum(matching.map(tokensOf)),
    costUsd: sum(ends.map(({ costUsd }) => costUsd)) + sum(matching.map(costOf)),
    groups: request.groupBy === 'none' ? [] : groupsOf(matching, ends, request.groupBy, groupOf, dayOf),
    spend: spendOf(matching, ends, dayOf),
  }
}

/** Where all tasks are at hand. */
const nothing = (all: readonly TaskRow[]): IndexedHistory => ({
  ...{ rows: [], start: 0, total: 0, tokens: 0, ends: [], facts: { outcomes: {}, repositories: [], places: [] } },
  needing: idsOf(needing(all)),
})

const idsOf = (rows: readonly TaskRow[]): ReadonlySet<TaskId> => new Set(rows.map(({ id }) => id))

const sum = (numbers: readonly (number | undefined)[]): number =>
  numbers.reduce<number>((total, each) => total + (each ?? 0), 0)

function inOrder(
  rows: readonly TaskRow[],
  { order, descending, groupBy }: HistoryRequest,
  groupOf: (row: TaskRow) => string,
): readonly TaskRow[] {
  const sign = descending ? -1 : 1
  const keyed = rows.map((row) => ({ row, key: keyOf(row, order), group: groupOf(row) }))
  const groups = groupsInOrder(groupBy)
  keyed.sort(
    (one, other) =>
      groups(one.group, other.group) ||
      sign * compare(one.key, other.key) ||
      compare(whenOf(other.row), whenOf(one.row)) ||
      compare(one.row.id, other.row.id),
  )
  return keyed.map(({ row }) => row)
}

function keyOf(row: TaskRow, order: HistoryOrder): string | number {
  switch (order) {
    case 'ended':
      return whenOf(row)
    case 'outcome':
      return row.state.phase === 'finished' ? `${row.state.outcome} ${row.state.reason ?? ''}` : row.state.phase
    case 'task':
      return row.title.toLowerCase()
    case 'repository':
      return row.repo
    case 'place':
      return row.place ?? ''
    case 'elapsed':
      return row.startedAt === null ? -1 : Date.parse(row.finishedAt ?? row.createdAt) - Date.parse(row.startedAt)
    case 'tokens':
      return tokensOf(row)
    case 'cost':
      return costOf(row)
    default:
      return unreachable(order)
  }
}

/** What has not ended comes after everything that has. */
const whenOf = ({ finishedAt, createdAt }: TaskRow): string => finishedAt ?? `~${createdAt}`

function compare<Key extends string | number>(one: Key, other: Key): number {
  return one < other ? -1 : one > other ? 1 : 0
}

const costOf = ({ usage, live }: TaskRow): number => usage?.costUsd ?? live?.costUsd ?? 0
const tokensOf = ({ usage, live }: TaskRow): number =>
  usage ? usage.inputTokens + usage.outputTokens : (live?.tokens ?? 0)

/** What has not ended stands first of its days, and the newest day comes first; aliases go by the alphabet. */
const groupsInOrder =
  (groupBy: HistoryGrouping) =>
  (one: string, other: string): number =>
    groupBy === 'day' ? compare(other === '' ? '~' : other, one === '' ? '~' : one) : compare(one, other)

function groupsOf(
  rows: readonly TaskRow[],
  ends: readonly HistorySum[],
  groupBy: HistoryGrouping,
  groupOf: (row: TaskRow) => string,
  dayOf: (ms: number) => string,
): readonly HistoryGroup[] {
  const groups = new Map<string, { name: string; count: number; costUsd: number }>()
  const add = (name: string, count: number, costUsd: number): void => {
    const group = groups.get(name) ?? { name, count: 0, costUsd: 0 }
    groups.set(name, { name, count: group.count + count, costUsd: group.costUsd + costUsd })
  }
  for (const row of rows) add(groupOf(row), 1, costOf(row))
  for (const { at, repo, count, costUsd } of ends) add(groupBy === 'day' ? dayOf(at) : repo, count, costUsd)
  const inOrder = groupsInOrder(groupBy)
  return [...groups.values()].sort((one, other) => inOrder(one.name, other.name))
}

function spendOf(
  rows: readonly TaskRow[],
  ends: readonly HistorySum[],
  dayOf: (ms: number) => string,
): readonly DaySpend[] {
  const days = new Map<string, DaySpend>()
  const add = (at: number, tasks: number, costUsd: number): void => {
    const day = dayOf(at)
    const spent = days.get(day) ?? { day, tasks: 0, costUsd: 0 }
    days.set(day, { day, tasks: spent.tasks + tasks, costUsd: spent.costUsd + costUsd })
  }
  for (const row of rows) if (row.finishedAt !== null) add(Date.parse(row.finishedAt), 1, costOf(row))
  for (const { at, count, costUsd } of ends) add(at, count, costUsd)
  return [...days.values()].sort((one, other) => compare(one.day, other.day)).slice(-shownDays)
}

function countsOf(
  rows: readonly TaskRow[],
  { facts: { outcomes }, needing: waiting }: Pick<IndexedHistory, 'facts' | 'needing'>,
): Readonly<Record<OutcomeFilter, number>> {
  const counts = {
    ...{ all: sum(Object.values(outcomes)), merged: outcomes.merged ?? 0, 'needs-you': waiting.size },
    ...{ failed: outcomes.failed ?? 0, stopped: outcomes.cancelled ?? 0 },
  }
  for (const row of rows) {
    for (const name of outcomeFilters) if (name !== 'needs-you' && passes(row, name, waiting)) counts[name] += 1
  }
  return counts
}

function passes(row: TaskRow, outcome: OutcomeFilter, waiting: ReadonlySet<TaskId>): boolean {
  if (outcome === 'all') return true
  if (outcome === 'needs-you') return waiting.has(row.id)
  if (row.state.phase !== 'finished') return false
  if (outcome === 'stopped') return row.state.outcome === 'cancelled'
  return row.state.outcome === outcome
}

/** Of the time zone that was asked for last: to name a day takes longer than all else that is done with it. */
let known: { readonly timeZone: string; readonly days: Map<number, string> } = { timeZone: 'UTC', days: new Map() }
/** Of a little more than a year. */
const mostQuarters = 40_000

/** The day of a time in milliseconds since the epoch, where the reader is. A time zone that this host does not know counts as UTC. */
export function dayIn(timeZone: string): (ms: number) => string {
  if (known.timeZone !== timeZone || known.days.size > mostQuarters) known = { timeZone, days: new Map() }
  const { days } = known
  const format = formatIn(timeZone)
  return (ms) => {
    // A zone's offset is a multiple of a quarter of an hour, so all times of one are of the same day.
    const quarter = Math.floor(ms / quarterMs)
    const named = days.get(quarter)
    if (named !== undefined) return named
    const day = format.format(quarter * quarterMs)
    days.set(quarter, day)
    return day
  }
}

/** Writes a day as ISO 8601 does. */
function formatIn(timeZone: string): Intl.DateTimeFormat {
  const shape = { year: 'numeric', month: '2-digit', day: '2-digit' } as const
  try {
    return new Intl.DateTimeFormat('sv-SE', { ...shape, timeZone })
  } catch {
    return new Intl.DateTimeFormat('sv-SE', { ...shape, timeZone: 'UTC' })
  }
}
