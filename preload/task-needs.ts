import type { FailureCode } from '../main/core/failure.ts'
import type { UnmergedReason } from '../main/core/merge/merge.ts'
import type { TaskRow } from './live-state.ts'

/** Its work waits at a ref because it could not be merged. */
export const needsYou = ({ state, ref }: TaskRow): boolean =>
  state.phase === 'finished' && state.outcome === 'unmerged' && state.reason !== 'rejected' && ref !== null

/** A person, or another task, can settle what collides. */
export const isConflict = (row: TaskRow): boolean =>
  needsYou(row) && row.state.phase === 'finished' && row.state.reason === 'conflicts'

/** A person is to look at it first, or at what its check printed. */
export const isToReview = (row: TaskRow): boolean =>
  needsYou(row) && row.state.phase === 'finished' && row.state.reason !== null && toReview.has(row.state.reason)

const toReview: ReadonlySet<FailureCode | UnmergedReason> = new Set([
  'awaiting_review',
  'check_failed',
  'operation_left',
  'held_paths',
])

export const isRunning = ({ state }: TaskRow): boolean =>
  state.phase !== 'finished' && state.phase !== 'queued' && state.phase !== 'parked'

export const isWaiting = ({ state }: TaskRow): boolean => state.phase === 'queued' || state.phase === 'parked'
