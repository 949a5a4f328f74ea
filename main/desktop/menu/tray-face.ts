import type { Snapshot } from '../../../preload/live-state.ts'
import { needing } from '../../../preload/task-needs.ts'
import type { TaskId } from '../../core/task/task.ts'

/** What the icon in the menu bar shows, by its shape alone: macOS colours it. */
export type TrayIcon = 'idle' | 'busy' | 'needs-you' | 'failed'

export interface TrayFace {
  readonly icon: TrayIcon
  /** Beside the icon; empty when there is nothing to tell. */
  readonly title: string
  /** The same in words, for the pointer and for VoiceOver. */
  readonly tip: string
}

/** Pure. `failures`: tasks that failed and that the user has not looked at yet. */
export function trayFace(snapshot: Pick<Snapshot, 'slots' | 'tasks'>, failures: ReadonlySet<TaskId>): TrayFace {
  const busy = busySlots(snapshot.slots)
  const waiting = needing(snapshot.tasks).length
  const failed = failures.size
  return {
    icon: failed > 0 ? 'failed' : waiting > 0 ? 'needs-you' : busy > 0 ? 'busy' : 'idle',
    title: [
      ...(busy > 0 ? [`${busy}`] : []),
      ...(waiting > 0 ? [`!${waiting}`] : []),
      ...(failed > 0 ? [`✕${failed}`] : []),
    ].join(' '),
    tip: [
      busy === 0 ? 'No task is running' : `${busy} running`,
      ...(waiting > 0 ? [`${waiting} ${waiting === 1 ? 'needs' : 'need'} you`] : []),
      ...(failed > 0 ? [`${failed} failed`] : []),
    ].join(', '),
  }
}

export const busySlots = (slots: Snapshot['slots']): number => slots.filter(({ taskId }) => taskId !== null).length

/**
 * The failures that the user has not looked at, after a step. One is added when a task that was known fails, and goes when its page is in
 * front or it is gone. Pure.
 */
export function unseenFailures(
  before: ReadonlySet<TaskId>,
  { was, now, front }: { readonly was: Snapshot | undefined; readonly now: Snapshot; readonly front: TaskId | null },
): ReadonlySet<TaskId> {
  const unfinished = new Set(was?.tasks.flatMap(({ id, state }) => (state.phase === 'finished' ? [] : [id])) ?? [])
  const failed = now.tasks.filter(
    ({ id, state }) =>
      state.phase === 'finished' &&
      state.outcome === 'failed' &&
      id !== front &&
      (before.has(id) || unfinished.has(id)),
  )
  return new Set(failed.map(({ id }) => id))
}
