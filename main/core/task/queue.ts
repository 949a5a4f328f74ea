import type { SlotId, TaskId } from './task.ts'

/** A task that waits for a slot. */
export interface QueueEntry {
  readonly id: TaskId
  /** Higher goes first; 0 when no one said. */
  readonly priority: number
  /** ISO 8601, UTC: among equals the older goes first. */
  readonly createdAt: string
  /** ISO 8601, UTC: a parked task does not wait for a slot before; null: it waits since it was made. */
  readonly notBefore: string | null
  /** Whether nothing but a slot is wanting: the tasks that it comes after have ended. */
  readonly isReady: boolean
  /** The slot that its repository prefers. */
  readonly preferred: SlotId
}

/** Those whose time has come, as their places are told: by priority, then by age. `now` in ms since the epoch. */
export const queueOrder = <Entry extends QueueEntry>(waiting: readonly Entry[], now: number): readonly Entry[] =>
  waiting
    .filter(({ isReady, notBefore }) => isReady && (notBefore === null || Date.parse(notBefore) <= now))
    .toSorted((a, b) => b.priority - a.priority || a.createdAt.localeCompare(b.createdAt))

/**
 * Who gets a slot next: of the highest priority, the oldest whose repository prefers a slot that is free, else the oldest.
 * Undefined when no one waits or nothing is free.
 */
export function nextToStart<Entry extends QueueEntry>(
  waiting: readonly Entry[],
  free: readonly SlotId[],
  now: number,
): Entry | undefined {
  const [first, ...others] = queueOrder(waiting, now)
  if (!first || free.length === 0) return undefined
  const equals = [first, ...others.filter(({ priority }) => priority === first.priority)]
  return equals.find(({ preferred }) => free.includes(preferred)) ?? first
}
