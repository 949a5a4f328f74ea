import { failureText } from '../../core/failure.ts'
import type { Task, TaskId, TaskOutcome } from '../../core/task/task.ts'
import { briefOf, type TaskBrief, usageOf } from '../../core/task/task-brief.ts'
import { statusOf } from '../../core/task/view.ts'
import { groupOf, mergeKindOf, waitsForUser } from '../../core/task/wanted-tasks.ts'
import { unreachable } from '../../core/unreachable.ts'

/** A finished task as the index holds it, with the size and time that its `events.jsonl` had when it was read. */
export interface IndexedTask extends Stamp {
  readonly brief: TaskBrief
  /** All that is searched of it. */
  readonly text: string
}

export interface Stamp {
  readonly size: number
  readonly mtimeMs: number
}

/** Of what was asked, and of the rest; the trigrams of a text take several times its room. */
const searchedCharacters = 32 * 1024
const titleCharacters = 200
export const quarterMs = 15 * 60_000

export const numberOf = (id: TaskId): number => Number.parseInt(id, 16)
export const idOf = (number: number): TaskId => number.toString(16).padStart(8, '0') as TaskId

/** What the index is to hold of a task that is over. Pure. */
export const indexedTask = (task: Task, stamp: Stamp): IndexedTask => ({
  ...stamp,
  brief: briefOf(task),
  text: searchedText(task),
})

/** What a search looks into: what came of a task, where that is, and what was asked. Pure. */
export function searchedText({ id, repo, description, result, work, state }: Task): string {
  const found = [
    ...[id, repo],
    ...(state.phase === 'finished' ? detailsOf(state.outcome) : []),
    ...[result?.summary, result?.error, work?.ref, ...(work?.also ?? []).map(({ ref }) => ref)],
    ...(work?.filesChanged ?? []),
  ]
  const known = found.filter((part) => part != null).join('\n')
  return `${known.slice(0, searchedCharacters)}\n${description.slice(0, searchedCharacters)}`
}

function detailsOf(outcome: TaskOutcome): readonly string[] {
  switch (outcome.kind) {
    case 'merged': {
      const { commits, branch } = outcome.merge
      return [outcome.kind, `${commits} ${commits === 1 ? 'commit' : 'commits'} on ${branch}`]
    }
    case 'unmerged':
      return [outcome.kind, outcome.merge.reason, outcome.merge.detail, ...outcome.merge.files]
    case 'failed':
      return [outcome.kind, outcome.failure.code, failureText(outcome.failure)]
    case 'unchanged':
      return [outcome.kind, 'no commits']
    case 'cancelled':
      return [outcome.kind]
    default:
      return unreachable(outcome)
  }
}

/** The columns of `tasks`. Pure. */
export function columnsOf({ brief, size, mtimeMs }: IndexedTask) {
  const usage = usageOf(brief)
  const { outcome, reason } = endOf(brief)
  const ended = brief.finishedAt ?? brief.createdAt
  const started = brief.agentStartedAt ?? brief.machineStartedAt
  return {
    id: numberOf(brief.id),
    size,
    mtime: mtimeMs,
    created: brief.createdAt,
    ended,
    ended_quarter: Math.floor(timeOf(ended) / quarterMs),
    repo: brief.repo,
    repo_path: brief.repoPath,
    place: brief.place?.name ?? '',
    status: statusOf(brief.state),
    outcome,
    reason,
    merge: mergeKindOf(brief),
    waits: waitsForUser(brief) ? 1 : 0,
    elapsed: started === null ? -1 : timeOf(ended) - timeOf(started),
    tokens: usage ? usage.inputTokens + usage.outputTokens : 0,
    cost: usage?.costUsd ?? 0,
    title: titleOf(brief.description),
    plan: brief.plan?.id ?? null,
    attempts: groupOf(brief),
    resolves: brief.resolves ? numberOf(brief.resolves.task) : null,
    retries: brief.retries === undefined ? null : numberOf(brief.retries),
  }
}

/** A date of a record that is none counts as the oldest one. */
const timeOf = (iso: string): number => Math.trunc(Date.parse(iso)) || 0

const titleOf = (description: string): string =>
  (description.trimStart().split('\n', 1)[0] ?? '').slice(0, titleCharacters).toLowerCase()

function endOf({ state }: TaskBrief): { readonly outcome: string; readonly reason: string } {
  if (state.phase !== 'finished') return { outcome: state.phase, reason: '' }
  const { outcome } = state
  const reason =
    outcome.kind === 'unmerged' ? outcome.merge.reason : outcome.kind === 'failed' ? outcome.failure.code : ''
  return { outcome: outcome.kind, reason }
}
