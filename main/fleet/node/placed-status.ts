import type { Task } from '../../core/task/task.ts'
import { type PlacedStatus, saidLimit } from '../protocol.ts'
import { bounded } from './placed-end.ts'

/** All of it fits into one message, whatever characters it is of. */
const mostNotes = 20
const noteLimit = 1_000

/** What home is told of a task, as a whole each time. `why` says for what it waits here, null when for nothing. Pure. */
export const placedStatus = (task: Task | undefined, why: string | null): PlacedStatus => ({
  phase: why !== null || !task ? 'waiting' : phaseOf(task),
  why,
  hasMachine: task?.machineStartedAt != null,
  hasAgent: task?.agentStartedAt != null,
  ...(task?.guestImage !== undefined && { image: task.guestImage }),
  notes: (task?.notes ?? []).slice(0, mostNotes).map((note) => note.slice(0, noteLimit)),
  stopReason: task?.stopReason ? bounded(task.stopReason) : null,
  waits: task?.state.phase === 'waiting' ? { said: task.state.said?.slice(0, saidLimit) ?? null } : null,
  read: (task?.messages ?? []).flatMap(({ id, state }) =>
    state === 'delivered' || state === 'answered' ? [{ id, as: state }] : [],
  ),
})

function phaseOf({ state }: Task): PlacedStatus['phase'] {
  switch (state.phase) {
    case 'queued':
    case 'parked':
      return 'cloning'
    case 'waiting':
      return 'working'
    case 'finished':
      return 'merging'
    default:
      return state.phase
  }
}
