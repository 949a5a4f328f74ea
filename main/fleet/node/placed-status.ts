import type { Task } from '../../core/task/task.ts'
import type { PlacedStatus } from '../protocol.ts'

/** What home is told of a task, as a whole each time. `why` says for what it waits here, null when for nothing. Pure. */
export const placedStatus = (task: Task | undefined, why: string | null): PlacedStatus => ({
  phase: why !== null || !task ? 'waiting' : phaseOf(task),
  why,
  hasMachine: task?.machineStartedAt != null,
  hasAgent: task?.agentStartedAt != null,
  notes: (task?.notes ?? []).slice(0, 40).map((note) => note.slice(0, 4_000)),
  stopReason: task?.stopReason ?? null,
})

function phaseOf({ state }: Task): PlacedStatus['phase'] {
  switch (state.phase) {
    case 'queued':
    case 'parked':
      return 'cloning'
    case 'finished':
      return 'merging'
    default:
      return state.phase
  }
}
