import type { FailureCode } from '../main/core/failure.ts'
import type { UnmergedReason } from '../main/core/merge/merge.ts'
import { unreachable } from '../main/core/unreachable.ts'
import type { TaskRow } from './live-state.ts'
import type { WindowSettings } from './settings.ts'

/** Its work waits at a ref because it could not be merged. */
export const isUnmerged = ({ state, ref }: TaskRow): boolean =>
  state.phase === 'finished' &&
  state.outcome === 'unmerged' &&
  state.reason !== 'rejected' &&
  state.reason !== 'not_chosen' &&
  ref !== null

/** Its agent has nothing to do, and waits to be told more. */
export const waitsForWord = ({ state }: TaskRow): boolean => state.phase === 'waiting'

/** It does not go on without its user, if it stands for itself: see `needing`. */
export const needsYou = (row: TaskRow): boolean => isUnmerged(row) || waitsForWord(row)

/**
 * Those of all that do not go on without their user. Attempts at one task are one thing to decide: the first of them stands for all once the last one, and their judge,
 * have ended; after a choice only the one that was chosen can need anybody. Pure.
 */
export function needing(rows: readonly TaskRow[]): readonly TaskRow[] {
  const groups = Map.groupBy(rows, ({ attempt }) => attempt?.group)
  return rows.filter((row) => needsYou(row) && (waitsForWord(row) || standsForAll(row, groups)))
}

function standsForAll(row: TaskRow, groups: ReadonlyMap<string | undefined, readonly TaskRow[]>): boolean {
  if (!row.attempt) return true
  const group = groups.get(row.attempt.group) ?? []
  const chosen = group.find(({ attempt }) => attempt?.as === 'chosen')
  if (chosen) return chosen === row
  return group.every(({ finishedAt }) => finishedAt) && group.find(isUnmerged) === row
}

/** It is one of several attempts, of which none was chosen yet. */
export const isToChoose = (row: TaskRow): boolean =>
  isUnmerged(row) && row.state.phase === 'finished' && row.state.reason === 'awaiting_choice'

/** A person, or another task, can settle what collides. */
export const isConflict = (row: TaskRow): boolean =>
  isUnmerged(row) && row.state.phase === 'finished' && row.state.reason === 'conflicts'

/** A person is to look at it first, or at what its check printed. */
export const isToReview = (row: TaskRow): boolean =>
  isUnmerged(row) && row.state.phase === 'finished' && row.state.reason !== null && toReview.has(row.state.reason)

const toReview: ReadonlySet<FailureCode | UnmergedReason> = new Set([
  'awaiting_review',
  'check_failed',
  'operation_left',
  'held_paths',
])

export const isRunning = ({ state }: TaskRow): boolean =>
  state.phase !== 'finished' && state.phase !== 'queued' && state.phase !== 'parked'

export const isWaiting = ({ state }: TaskRow): boolean => state.phase === 'queued' || state.phase === 'parked'

/** Whether the user wishes to hear of such an end, or that an agent is done for now. What a person stopped is no news: that person knows. Pure. */
export function isHeard(
  { state }: Pick<TaskRow, 'state'>,
  wishes: Pick<WindowSettings, 'notifyCompleted' | 'notifyFailed' | 'notifyConflicts'>,
): boolean {
  if (state.phase === 'waiting') return wishes.notifyCompleted
  if (state.phase !== 'finished') return false
  switch (state.outcome) {
    case 'merged':
    case 'unchanged':
      return wishes.notifyCompleted
    case 'unmerged':
      return state.reason !== 'withdrawn' && wishes.notifyConflicts
    case 'failed':
      return wishes.notifyFailed
    case 'cancelled':
      return false
    default:
      return unreachable(state.outcome)
  }
}
