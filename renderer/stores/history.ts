import type { TaskRow } from '../../preload/live-state.ts'
import { needsYou } from '../parts/states.ts'

const outcomeFilters = ['all', 'merged', 'needs-you', 'failed', 'stopped'] as const
export type OutcomeFilter = (typeof outcomeFilters)[number]
const periods = ['any', 'day', 'week', 'month'] as const
export type Period = (typeof periods)[number]

export interface HistoryFilter {
  readonly text: string
  readonly outcome: OutcomeFilter
  /** An alias, or null for all. */
  readonly repo: string | null
  readonly period: Period
}

export const noFilter: HistoryFilter = { text: '', outcome: 'all', repo: null, period: 'any' }

/** The filter of these words, which may come from an address; what is not known there counts as not given. */
export const filterOf = (words: Readonly<Record<keyof HistoryFilter, string | null>>): HistoryFilter => ({
  text: words.text ?? noFilter.text,
  outcome: outcomeFilters.find((name) => name === words.outcome) ?? noFilter.outcome,
  repo: words.repo,
  period: periods.find((name) => name === words.period) ?? noFilter.period,
})

const dayMs = 24 * 60 * 60 * 1000
const periodMs: Readonly<Record<Period, number>> = { any: Infinity, day: dayMs, week: 7 * dayMs, month: 30 * dayMs }

/** Newest first: what runs, then by its end. */
export const newestFirst = (tasks: readonly TaskRow[]): readonly TaskRow[] =>
  [...tasks].sort((one, other) => compare(whenOf(other), whenOf(one)))

const whenOf = ({ finishedAt, createdAt }: TaskRow): string => finishedAt ?? `~${createdAt}`
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

export function matching(tasks: readonly TaskRow[], filter: HistoryFilter, nowMs: number): readonly TaskRow[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  const since = nowMs - periodMs[filter.period]
  return tasks.filter(
    (task) =>
      (filter.repo === null || task.repo === filter.repo) &&
      passes(task, filter.outcome) &&
      (filter.period === 'any' || Date.parse(task.finishedAt ?? task.createdAt) >= since) &&
      (words.length === 0 || hasWords(task, words)),
  )
}

export function countsOf(tasks: readonly TaskRow[]): Readonly<Record<OutcomeFilter, number>> {
  const counts = { all: 0, merged: 0, 'needs-you': 0, failed: 0, stopped: 0 }
  for (const task of tasks) for (const name of outcomeFilters) if (passes(task, name)) counts[name] += 1
  return counts
}

function passes(task: TaskRow, outcome: OutcomeFilter): boolean {
  if (outcome === 'all') return true
  if (outcome === 'needs-you') return needsYou(task)
  if (task.state.phase !== 'finished') return false
  if (outcome === 'stopped') return task.state.outcome === 'cancelled'
  return task.state.outcome === outcome
}

function hasWords({ title, repo, id, state }: TaskRow, words: readonly string[]): boolean {
  const found = state.phase === 'finished' ? `${state.detail} ${state.files.join(' ')}` : ''
  const text = `${title} ${repo} ${id} ${found}`.toLowerCase()
  return words.every((word) => text.includes(word))
}
