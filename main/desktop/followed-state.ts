import type { Change, Delta, Snapshot, TaskRow } from '../../preload/contract.ts'
import { unreachable } from '../core/unreachable.ts'
import type { Backend } from './backend.ts'

/** The snapshot after the delta; undefined when something between them was missed. Pure. */
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

function withTask(tasks: readonly TaskRow[], task: TaskRow): readonly TaskRow[] {
  // What changes is nearly always among the newest.
  const index = tasks.findLastIndex(({ id }) => id === task.id)
  return index < 0 ? [...tasks, task] : tasks.with(index, task)
}

/**
 * Follows the state of a backend and tells each step. Rejects when the first snapshot cannot be had.
 * @returns the end of it.
 */
export async function followState(
  backend: Backend,
  onStep: (now: Snapshot, before: Snapshot | undefined) => void,
): Promise<() => void> {
  let now: Snapshot | undefined
  let asking = false
  const ask = async (): Promise<void> => {
    const reply = await backend.call('snapshot', {})
    if (!reply.ok) throw new Error(reply.failure.message)
    const before = now
    now = reply.value as Snapshot
    onStep(now, before)
  }
  const end = backend.listen((delta) => {
    if (!now || asking) return
    const next = applyDelta(now, delta)
    if (next) {
      const before = now
      now = next
      onStep(next, before)
      return
    }
    asking = true
    // A backend that cannot answer is going away; who replaces it is followed anew.
    void ask()
      .catch(() => undefined)
      .finally(() => {
        asking = false
      })
  }, 'changes')
  try {
    await ask()
  } catch (error) {
    end()
    throw error
  }
  return end
}
