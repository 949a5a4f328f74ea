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

/** It does not go on without its user. */
export const needsYou = (row: TaskRow): boolean => isUnmerged(row) || waitsForWord(row)

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
      return wishes.notifyConflicts
    case 'failed':
      return wishes.notifyFailed
    case 'cancelled':
      return false
    default:
      return unreachable(state.outcome)
  }
}
