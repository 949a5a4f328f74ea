import type { TaskRow } from '../../../preload/live-state.ts'
import { isConflict, isToChoose, isToReview } from '../../../preload/task-needs.ts'
import type { DesktopAction } from './entries.ts'

/** What can be done with a task. */
export interface TaskAction {
  readonly label: string
  readonly action: DesktopAction
}

/** What a task offers as it stands, the likeliest first; the window offers the same. Pure. */
export function taskActions(row: TaskRow): readonly TaskAction[] {
  const { id, state } = row
  if (state.phase === 'stopping') return []
  if (state.phase === 'merging') return state.landing ? [{ label: 'Take from What Lands…', action: stop(row) }] : []
  if (state.phase === 'queued' || state.phase === 'parked') return [{ label: 'Take from Queue…', action: stop(row) }]
  if (state.phase !== 'finished') return [{ label: 'Stop…', action: stop(row) }]
  return [...settling(row), { label: 'Retry', action: { kind: 'retry', id } }]
}

/** What brings work that waits at the task's ref onto the branch; nothing where none waits. */
function settling(row: TaskRow): readonly TaskAction[] {
  const { id, ref } = row
  if (ref === null) return []
  if (isConflict(row)) return [{ label: 'Resolve Conflicts…', action: place('resolve', id) }]
  if (isToReview(row)) return [{ label: 'Review…', action: place('review', id) }]
  if (isToChoose(row)) return [{ label: 'Compare Attempts…', action: place('attempts', id) }]
  return [{ label: 'Merge', action: { kind: 'merge', id } }]
}

const stop = ({ id }: TaskRow): DesktopAction => ({ kind: 'stop', id })

const place = (view: 'resolve' | 'review' | 'attempts', id: TaskRow['id']): DesktopAction => ({
  kind: 'show',
  place: { view, id },
})
