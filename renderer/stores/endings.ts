import type { Snapshot, TaskRow } from '../../preload/live-state.ts'
import { needing } from '../../preload/task-needs.ts'

/** Tasks that were under way in one snapshot and have ended in the next, or whose agents have nothing to do. Pure. */
export function endingsBetween(before: Snapshot | null, after: Snapshot): readonly TaskRow[] {
  const open = before?.tasks.filter(({ state }) => state.phase !== 'finished') ?? []
  if (open.length === 0) return []
  const phases = new Map(open.map(({ id, state }) => [id, state.phase]))
  return after.tasks.filter(({ id, state }) => {
    const phase = phases.get(id)
    return phase !== undefined && phase !== state.phase && (state.phase === 'finished' || state.phase === 'waiting')
  })
}

/** How many tasks wait for the user. Pure. */
export const waitingIn = (snapshot: Snapshot | null): number => (snapshot ? needing(snapshot.tasks).length : 0)
