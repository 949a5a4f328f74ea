import type { Place } from '../../../preload/host.ts'
import type { RowState, Snapshot, TaskRow } from '../../../preload/live-state.ts'
import type { WindowSettings } from '../../../preload/settings.ts'
import { isConflict, isHeard, isToChoose, isToReview, needing } from '../../../preload/task-needs.ts'
import type { TaskId } from '../../core/task/task.ts'
import { unreachable } from '../../core/unreachable.ts'
import { type TaskAction, taskActions } from '../menu/task-actions.ts'

/** What the user is notified of. */
export interface Notice {
  readonly title: string
  readonly body: string
  /** Where a click on it leads. */
  readonly place: Place | null
  /** What it is about: a later notice about the same takes its place. */
  readonly about: string
  /** Notices of one group lie together: a repository's, and warnings. */
  readonly group: string
  /** What can be done about it at once. */
  readonly actions: readonly TaskAction[]
}

/**
 * The notices that are due between two states, by what the settings ask for. There is none about a task that the user has before
 * them, or that was not known before. Pure.
 */
export function noticesBetween(before: Snapshot, now: Snapshot, front: TaskId | null): readonly Notice[] {
  const known = new Map(before.tasks.map((task) => [task.id, task]))
  const ofTasks = now.tasks.flatMap((task) => {
    const earlier = known.get(task.id)
    if (!earlier || earlier === task || task.id === front || isChosenLater(task, now)) return []
    return noticeOf(task, earlier.state, now.settings) ?? []
  })
  return [...ofTasks, ...(now.settings.notifyWarnings ? newWarnings(before.warnings, now.warnings) : [])]
}

/** One of several attempts of which none can be chosen yet: the last one to end tells of all. */
const isChosenLater = (task: TaskRow, { tasks }: Snapshot): boolean =>
  isToChoose(task) && !needing(tasks).some(({ attempt }) => attempt?.group === task.attempt?.group)

function noticeOf(task: TaskRow, earlier: RowState, settings: WindowSettings): Notice | undefined {
  const { state } = task
  if (state.phase === 'parked') {
    const isNew = earlier.phase !== 'parked' || earlier.until !== state.until
    return isNew && settings.notifyParked ? about(task, 'Parked', `\n${state.detail}`) : undefined
  }
  if (state.phase === 'waiting') {
    return earlier.phase !== 'waiting' && isHeard(task, settings) ? about(task, 'Waits for you') : undefined
  }
  if (state.phase !== 'finished' || earlier.phase === 'finished' || !isHeard(task, settings)) return undefined
  switch (state.outcome) {
    case 'merged':
      return about(task, 'Merged')
    case 'unchanged':
      return about(task, 'Done, nothing to merge')
    case 'failed':
      return withActions(about(task, 'Failed', `\n${state.detail}`), task)
    case 'unmerged':
      return withActions(unmerged(task, state), task)
    case 'cancelled':
      return undefined
    default:
      return unreachable(state.outcome)
  }
}

function unmerged(task: TaskRow, { fileCount, detail }: Extract<RowState, { phase: 'finished' }>): Notice {
  if (isConflict(task)) return about(task, 'Conflicts to resolve', `\n${files(fileCount)} changed on both sides`)
  if (isToChoose(task)) return about(task, 'Attempts to choose from', '\nAll of them have ended')
  return about(task, isToReview(task) ? 'Waits for your review' : 'Not merged yet', `\n${detail}`)
}

const about = ({ id, repo, title }: TaskRow, says: string, more = ''): Notice => ({
  title: says,
  body: `${repo}: ${title}${more}`,
  place: { view: 'task', id },
  about: `task-${id}`,
  group: `repository-${repo}`,
  actions: [],
})

/** What needs no question first. */
const withActions = (notice: Notice, task: TaskRow): Notice => ({
  ...notice,
  actions: taskActions(task).map(({ label, action }) => ({ label: label.replace(/…$/, ''), action })),
})

/** A figure in a warning that changes makes no new one of it. */
function newWarnings(before: readonly string[], now: readonly string[]): readonly Notice[] {
  const withoutFigures = (warning: string): string => warning.replaceAll(/\d+(?:[.,]\d+)*/g, '0')
  const known = new Set(before.map(withoutFigures))
  return now
    .filter((warning) => !known.has(withoutFigures(warning)))
    .map((warning) => ({
      title: 'Warning',
      body: warning,
      place: { view: 'slots' },
      about: `warning-${withoutFigures(warning)}`,
      group: 'warnings',
      actions: [],
    }))
}

const files = (count: number): string => (count === 1 ? '1 file' : `${count} files`)
