import type { Snapshot, TaskRow } from '../../preload/live-state.ts'
import { needsYou } from '../../preload/task-needs.ts'

/** Tasks that were under way in one snapshot and have ended in the next. Pure. */
export function endingsBetween(before: Snapshot | null, after: Snapshot): readonly TaskRow[] {
  const open = before?.tasks.filter(({ state }) => state.phase !== 'finished') ?? []
  if (open.length === 0) return []
  const ids = new Set(open.map(({ id }) => id))
  return after.tasks.filter(({ id, state }) => state.phase === 'finished' && ids.has(id))
}

/** How many tasks wait for the user. Pure. */
export const waitingIn = (snapshot: Snapshot | null): number => snapshot?.tasks.filter(needsYou).length ?? 0
