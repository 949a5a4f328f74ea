import type { TaskId, TaskOutcome } from './task.ts'
import type { TaskBrief } from './task-brief.ts'

/** What is wanted of the tasks of all time: a filter, an order, and a piece of the list. */
export interface HistoryWish {
  /** Each of them is in a task's text, summary, repository, id, refs or files, or the task is among those in which it was found elsewhere. In lower case. */
  readonly words: readonly { readonly word: string; readonly elsewhere: readonly TaskId[] }[]
  /** These alone, or null for all. */
  readonly only: readonly TaskId[] | null
  readonly outcome: TaskOutcome['kind'] | null
  readonly repo: string | null
  /** Empty for this host, or null for all. */
  readonly place: string | null
  /** ISO 8601, UTC; null for all. */
  readonly since: string | null
  readonly order: 'ended' | 'outcome' | 'task' | 'repository' | 'place' | 'elapsed' | 'tokens' | 'cost'
  readonly descending: boolean
  /** `dayOf` names the day of a time in milliseconds since the epoch; the newest day comes first. */
  readonly groupBy: 'none' | 'repository' | { readonly dayOf: (ms: number) => string }
  readonly offset: number
  readonly limit: number
}

/** Of the tasks in the index; those that are not there are in `held`. */
export interface HistoryFound {
  /** A piece of those that match, in no order: it begins `offset` in, less one for each of `held`, and is longer by so many. */
  readonly tasks: readonly TaskBrief[]
  readonly start: number
  readonly total: number
  readonly tokens: number
  /** All that match, together by a quarter of an hour in which they ended, in milliseconds since the epoch, and by repository. */
  readonly ends: readonly HistorySum[]
  /** Of all tasks, whether they match or not. */
  readonly facts: HistoryFacts
  /** Every task that has not ended, or that the index could not take. */
  readonly held: readonly TaskBrief[]
}

export interface HistorySum {
  readonly at: number
  readonly repo: string
  readonly count: number
  readonly costUsd: number
}

export interface HistoryFacts {
  readonly outcomes: Readonly<Partial<Record<string, number>>>
  readonly repositories: readonly string[]
  readonly places: readonly string[]
}
