import type { HistoryFacts, HistoryFound, HistoryWish } from '../../core/task/history-wish.ts'
import type { TaskId } from '../../core/task/task.ts'
import { unreachable } from '../../core/unreachable.ts'
import type { FinishedIndex } from './finished-index.ts'
import { quarterMs } from './index-row.ts'
import { searchFor } from './search-words.ts'
import { allOf, type Condition, listed, numbers } from './wanted-sql.ts'

/** What the index says to a wish, but for tasks that are named. */
export function findHistory(
  wish: HistoryWish,
  index: FinishedIndex,
  except: readonly TaskId[],
): Omit<HistoryFound, 'facts' | 'held'> {
  const matching = allOf([...conditionsOf(wish), ...(except.length === 0 ? [] : [exceptFor(except)])])
  const { from, byEnd, bySums } = sourceOf(wish, index)
  // As one text: there may be tens of thousands, and rows by themselves take much longer.
  const sums = index.query(
    `SELECT json_group_array(json_array(quarter, repo, count, cost, tokens)) AS list FROM (
       SELECT ended_quarter AS quarter, repo, count(*) AS count, sum(cost) AS cost, sum(tokens) AS tokens
       FROM ${bySums} WHERE ${matching.where} GROUP BY ended_quarter, repo)`,
    matching.bound,
  )
  const quarters = JSON.parse(String(sums[0]?.list ?? '[]')) as [number, string, number, number, number][]
  const ends = quarters.map(([quarter, repo, count, costUsd]) => ({ at: quarter * quarterMs, repo, count, costUsd }))
  const start = Math.max(0, wish.offset - except.length)
  const bound = { ...matching.bound, $start: start, $limit: wish.limit + except.length }
  const order = `${groupOrder(wish)}${keyOrder(wish)}, ended DESC, id`
  const piece = `SELECT id FROM ${wish.order === 'ended' ? byEnd : from} WHERE ${matching.where} ORDER BY ${order} LIMIT $limit OFFSET $start`
  const { groupBy } = wish
  const dayOf = typeof groupBy === 'string' ? undefined : groupBy.dayOf
  const ids = index.query(piece, bound, dayOf && { day_of: (quarter) => dayOf(Number(quarter) * quarterMs) })
  const found = index.select(
    { where: `id IN (${listed('$piece')})`, bound: { $piece: JSON.stringify(ids.map(({ id }) => id)) } },
    [],
    '',
  )
  return {
    tasks: found.map(({ brief }) => brief),
    start,
    total: ends.reduce((sum, { count }) => sum + count, 0),
    tokens: quarters.reduce((sum, [, , , , tokens]) => sum + tokens, 0),
    ends,
  }
}

/** More matches than these are seen to be among them in the order of an index, and not looked up one by one. */
const manyMatches = 10_000

/** What the queries read: all tasks, or those whose texts have the words. SQLite cannot tell how many these are, so that it is told what to do. */
function sourceOf({ words, only }: HistoryWish, index: FinishedIndex) {
  if (words.length === 0) return { from: 'tasks', byEnd: 'tasks', bySums: only ? 'tasks' : 'tasks INDEXED BY sums' }
  const { select, bound } = searchFor(words, index)
  const count = index.keepFound(select, bound)
  const from = 'found CROSS JOIN tasks USING (id)'
  if (count <= manyMatches) return { from, byEnd: from, bySums: from }
  const among = (name: string) => `(SELECT * FROM tasks INDEXED BY ${name} WHERE id IN found) AS tasks`
  return { from, byEnd: among('by_end'), bySums: among('sums') }
}

/** What is so of all tasks of the index, but for those that are named. */
export function historyFacts(index: FinishedIndex, except: readonly TaskId[]): HistoryFacts {
  const { where, bound } = exceptFor(except)
  const distinct = (column: 'repo' | 'place'): readonly string[] =>
    index
      .query(`SELECT DISTINCT ${column} AS name FROM tasks WHERE ${where} AND ${column} <> '' ORDER BY 1`, bound)
      .map(({ name }) => String(name))
  const outcomes = index.query(`SELECT outcome, count(*) AS count FROM tasks WHERE ${where} GROUP BY outcome`, bound)
  return {
    outcomes: Object.fromEntries(outcomes.map(({ outcome, count }) => [String(outcome), Number(count)])),
    repositories: distinct('repo'),
    places: distinct('place'),
  }
}

const exceptFor = (ids: readonly TaskId[]): Condition => ({
  where: `id NOT IN (${listed('$except')})`,
  bound: { $except: numbers(ids) },
})

function conditionsOf({ only, outcome, repo, place, since }: HistoryWish): readonly Condition[] {
  return [
    ...(only === null ? [] : [{ where: `id IN (${listed('$only')})`, bound: { $only: numbers(only) } }]),
    ...(outcome === null ? [] : [{ where: 'outcome = $outcome', bound: { $outcome: outcome } }]),
    ...(repo === null ? [] : [{ where: 'repo = $repo', bound: { $repo: repo } }]),
    ...(place === null ? [] : [{ where: 'place = $place', bound: { $place: place } }]),
    ...(since === null ? [] : [{ where: 'ended >= $since', bound: { $since: since } }]),
  ]
}

function groupOrder({ groupBy, order, descending }: HistoryWish): string {
  if (groupBy === 'none') return ''
  if (groupBy === 'repository') return 'repo, '
  return order === 'ended' && descending ? '' : 'day_of(ended_quarter) DESC, '
}

function keyOrder({ order, descending }: HistoryWish): string {
  const way = descending ? 'DESC' : 'ASC'
  switch (order) {
    case 'ended':
    case 'elapsed':
    case 'tokens':
    case 'cost':
    case 'place':
      return `${order} ${way}`
    case 'outcome':
      return `outcome || ' ' || reason ${way}`
    case 'task':
      return `title ${way}`
    case 'repository':
      return `repo ${way}`
    default:
      return unreachable(order)
  }
}
