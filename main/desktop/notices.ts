import type { Place } from '../../preload/host.ts'
import type { Snapshot, TaskRow } from '../../preload/live-state.ts'
import type { WindowSettings } from '../../preload/settings.ts'

/** What the user is notified of when a task has ended. */
export interface EndNotice {
  readonly title: string
  readonly body: string
  readonly place: Place | null
}

/** The notices that are due between two states, by what the settings ask for; a task that was not known before says nothing. Pure. */
export function noticesBetween(before: Snapshot, now: Snapshot): readonly EndNotice[] {
  const known = new Map(before.tasks.map((task) => [task.id, task]))
  return now.tasks.flatMap((task) => {
    const earlier = known.get(task.id)
    if (!earlier || earlier === task || earlier.state.phase === 'finished') return []
    return noticeOf(task, now.settings) ?? []
  })
}

function noticeOf(task: TaskRow, settings: WindowSettings): EndNotice | undefined {
  const { state, id, repo, title } = task
  if (state.phase !== 'finished') return undefined
  const notice = (says: string, more = ''): EndNotice => ({
    title: says,
    body: `${repo}: ${title}${more}`,
    place: { view: 'task', id },
  })
  switch (state.outcome) {
    case 'merged':
      return settings.notifyCompleted ? notice('Merged') : undefined
    case 'unchanged':
      return settings.notifyCompleted ? notice('Done, nothing to merge') : undefined
    case 'failed':
      return settings.notifyFailed ? notice('Failed', `\n${state.detail}`) : undefined
    case 'unmerged':
      if (!settings.notifyConflicts) return undefined
      return state.reason === 'conflicts'
        ? notice('Conflicts to resolve', `\n${files(state.fileCount)} changed on both sides`)
        : notice('Not merged yet', `\n${state.detail}`)
    case 'cancelled':
      return undefined // The person who cancelled it knows.
  }
}

const files = (count: number): string => (count === 1 ? '1 file' : `${count} files`)
