import type { SQLInputValue } from 'node:sqlite'
import type { TaskId } from '../../core/task/task.ts'
import type { NewestTasks, WantedTasks } from '../../core/task/wanted-tasks.ts'
import { unreachable } from '../../core/unreachable.ts'
import { numberOf } from './index-row.ts'

/** A condition on rows of `tasks`, and what is bound to its names. What is asked for is never part of the text. */
export interface Condition {
  readonly where: string
  readonly bound: Readonly<Record<string, SQLInputValue>>
}

/** @param groups the attempts of which one waits. Pure. */
export function conditionOf(wanted: WantedTasks, groups: ReadonlySet<string>): Condition {
  switch (wanted.kind) {
    case 'open':
      return { where: 'FALSE', bound: {} }
    case 'waiting':
      return { where: `id IN (${waiting})`, bound: { $groups: JSON.stringify([...groups]) } }
    case 'recent': {
      const newest = 'SELECT id FROM (SELECT id FROM tasks ORDER BY ended DESC LIMIT $ends)'
      const bound = { $groups: JSON.stringify([...groups]), $since: wanted.since, $ends: wanted.ends }
      const since = 'SELECT id FROM tasks WHERE ended >= $since'
      return { where: `id IN (${since} UNION ALL ${newest} UNION ALL ${waiting})`, bound }
    }
    case 'ended':
      return { where: 'ended >= $since', bound: { $since: wanted.since } }
    case 'ids':
      return { where: `id IN (${listed('$ids')})`, bound: { $ids: numbers(wanted.ids) } }
    case 'runs':
      return {
        where: `id IN (${listed('$ids')} UNION ALL SELECT id FROM tasks WHERE retries IN (${listed('$ids')}))`,
        bound: { $ids: numbers(wanted.of) },
      }
    case 'after':
      return {
        where: `id IN (SELECT id FROM follows WHERE after IN (${listed('$ids')}))`,
        bound: { $ids: numbers(wanted.one) },
      }
    case 'plan':
      return { where: 'plan = $plan', bound: { $plan: wanted.plan } }
    case 'group':
      return { where: 'attempts = $group', bound: { $group: wanted.group } }
    case 'resolvers':
      return { where: 'resolves = $of', bound: { $of: numberOf(wanted.of) } }
    default:
      return unreachable(wanted)
  }
}

/** Pure. */
export function conditionOfNewest({ status, repo, merge }: Omit<NewestTasks, 'limit'>): Condition {
  const parts = [
    ...(status === undefined ? [] : [{ where: 'status = $status', bound: { $status: status } }]),
    ...(repo === undefined ? [] : [{ where: 'repo = $repo', bound: { $repo: repo } }]),
    ...(merge === undefined ? [] : [{ where: 'merge = $merge', bound: { $merge: merge } }]),
  ]
  return allOf(parts)
}

/** Pure. */
export const allOf = (conditions: readonly Condition[]): Condition => ({
  where: conditions.map(({ where }) => `(${where})`).join(' AND ') || 'TRUE',
  bound: Object.assign({}, ...conditions.map(({ bound }) => bound)),
})

export const listed = (name: string): string => `SELECT value FROM json_each(${name})`

export const numbers = (ids: Iterable<TaskId>): string => JSON.stringify([...ids].map(numberOf))

/** By two indexes: as one condition with OR, or without ALL, all rows would be read. */
const waiting = `SELECT id FROM tasks WHERE waits = 1 UNION ALL SELECT id FROM tasks WHERE attempts IN (${listed('$groups')})`
