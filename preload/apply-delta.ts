import { unreachable } from '../main/core/unreachable.ts'
import type { Change, Delta, Snapshot, TaskRow } from './live-state.ts'

/** The snapshot after the delta, for anyone who follows one; the same one when it held it already, undefined when one before it is missing. Pure. */
export function applyDelta(snapshot: Snapshot, delta: Delta): Snapshot | undefined {
  if (delta.seq <= snapshot.seq) return snapshot
  if (delta.seq > snapshot.seq + 1) return undefined
  return { ...delta.changes.reduce(applyChange, snapshot), seq: delta.seq }
}

function applyChange(snapshot: Snapshot, change: Change): Snapshot {
  switch (change.kind) {
    case 'task':
      return { ...snapshot, tasks: withTask(snapshot.tasks, change.task) }
    case 'task-gone':
      return { ...snapshot, tasks: snapshot.tasks.filter(({ id }) => id !== change.id) }
    case 'slots':
      return { ...snapshot, slots: change.slots }
    case 'repositories':
      return { ...snapshot, repositories: change.repositories }
    case 'clients':
      return { ...snapshot, clients: change.clients }
    case 'warnings':
      return { ...snapshot, warnings: change.warnings }
    case 'settings':
      return { ...snapshot, settings: change.settings }
    default:
      return unreachable(change)
  }
}

/** What changes is nearly always among the newest, which are last; an older task that is continued takes its place. */
function withTask(tasks: readonly TaskRow[], task: TaskRow): readonly TaskRow[] {
  const index = tasks.findLastIndex(({ id }) => id === task.id)
  if (index >= 0) return tasks.with(index, task)
  return tasks.toSpliced(tasks.findLastIndex(({ createdAt }) => createdAt <= task.createdAt) + 1, 0, task)
}
