import type {
  DaySpend,
  HistoryGroup,
  HistoryOrder,
  HistoryPage,
  HistoryRequest,
  OutcomeFilter,
} from '../../../preload/history.ts'
import { outcomeFilters } from '../../../preload/history.ts'
import type { TaskRow } from '../../../preload/live-state.ts'
import { needing } from '../../../preload/task-needs.ts'
import { unreachable } from '../../core/unreachable.ts'

const shownDays = 90

/** The words of a text, in lower case. Pure. */
export const wordsOf = (text: string): readonly string[] => text.toLowerCase().split(/\s+/).filter(Boolean)

/** Whether what lists show of the task has all words. Pure. */
export function hasWords({ title, repo, id, ref, state, request }: TaskRow, words: readonly string[]): boolean {
  const found = state.phase === 'finished' ? `${state.detail} ${state.files.join(' ')}` : ''
  const text = `${title} ${repo} ${id} ${ref ?? ''} ${request?.text ?? ''} ${found}`.toLowerCase()
  return words.every((word) => text.includes(word))
}

/** Those of all rows that a request wants, its words aside. Pure. */
export function wantedOf(
  all: readonly TaskRow[],
  { repo, place, outcome, since }: Omit<HistoryRequest, 'text'>,
): readonly TaskRow[] {
  const waiting = new Set(needing(all))
  return all.filter(
    (row) =>
      (repo === null || row.repo === repo) &&
      (place === null || (row.place ?? '') === place) &&
      passes(row, outcome, waiting) &&
      (since === null || row.finishedAt === null || row.finishedAt >= since),
  )
}

/** A piece of the list, and what is to be said of the whole. Pure. @param matching those of `all` that are wanted. */
export function historyPage(
  all: readonly TaskRow[],
  matching: readonly TaskRow[],
  request: HistoryRequest,
): HistoryPage {
  const dayOf = dayIn(request.timeZone)
  const groupOf = (row: TaskRow): string => {
    if (request.groupBy === 'none') return ''
    return request.groupBy === 'day' ? (row.finishedAt === null ? '' : dayOf(row.finishedAt)) : row.repo
  }
  const sorted = inOrder(matching, request, groupOf)
  return {
    rows: sorted.slice(request.offset, request.offset + request.limit),
    total: matching.length,
    all: all.length,
    counts: countsOf(all),
    repositories: [...new Set(all.map(({ repo }) => repo))].sort(),
    places: [...new Set(all.flatMap(({ place }) => place ?? []))].sort(),
    tokens: matching.reduce((sum, row) => sum + tokensOf(row), 0),
    costUsd: matching.reduce((sum, row) => sum + costOf(row), 0),
    groups: request.groupBy === 'none' ? [] : groupsOf(sorted, groupOf),
    spend: spendOf(matching, dayOf),
  }
}

function inOrder(
  rows: readonly TaskRow[],
  { order, descending, groupBy }: HistoryRequest,
  groupOf: (row: TaskRow) => string,
): readonly TaskRow[] {
  const sign = descending ? -1 : 1
  const keyed = rows.map((row) => ({ row, key: keyOf(row, order), group: groupOf(row) }))
  // What has not ended stands first of its days, and the newest day comes first; aliases go by the alphabet.
  const groups = (one: string, other: string): number =>
    groupBy === 'day' ? compare(other === '' ? '~' : other, one === '' ? '~' : one) : compare(one, other)
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

function groupsOf(sorted: readonly TaskRow[], groupOf: (row: TaskRow) => string): readonly HistoryGroup[] {
  const groups: { name: string; count: number; costUsd: number }[] = []
  for (const row of sorted) {
    const name = groupOf(row)
    const last = groups.at(-1)
    const group = last?.name === name ? last : { name, count: 0, costUsd: 0 }
    if (group !== last) groups.push(group)
    group.count += 1
    group.costUsd += costOf(row)
  }
  return groups
}

function spendOf(rows: readonly TaskRow[], dayOf: (iso: string) => string): readonly DaySpend[] {
  const days = new Map<string, { day: string; tasks: number; costUsd: number }>()
  for (const row of rows) {
    if (row.finishedAt === null) continue
    const day = dayOf(row.finishedAt)
    const spent = days.get(day) ?? { day, tasks: 0, costUsd: 0 }
    spent.tasks += 1
    spent.costUsd += costOf(row)
    days.set(day, spent)
  }
  return [...days.values()].sort((one, other) => compare(one.day, other.day)).slice(-shownDays)
}

function countsOf(rows: readonly TaskRow[]): Readonly<Record<OutcomeFilter, number>> {
  const counts = { all: 0, merged: 0, 'needs-you': 0, failed: 0, stopped: 0 }
  const waiting = new Set(needing(rows))
  for (const row of rows) for (const name of outcomeFilters) if (passes(row, name, waiting)) counts[name] += 1
  return counts
}

function passes(row: TaskRow, outcome: OutcomeFilter, waiting: ReadonlySet<TaskRow>): boolean {
  if (outcome === 'all') return true
  if (outcome === 'needs-you') return waiting.has(row)
  if (row.state.phase !== 'finished') return false
  if (outcome === 'stopped') return row.state.outcome === 'cancelled'
  return row.state.outcome === outcome
}

/** The day of a time where the reader is. A time zone that this host does not know counts as UTC. */
function dayIn(timeZone: string): (iso: string) => string {
  const days = new Map<string, string>()
  const format = formatIn(timeZone)
  return (iso) => {
    // A zone's offset is a multiple of a quarter of an hour, so all times of one are of the same day.
    const quarter = Math.floor(Date.parse(iso) / 900_000)
    const known = days.get(String(quarter))
    if (known !== undefined) return known
    const day = format.format(quarter * 900_000)
    days.set(String(quarter), day)
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
