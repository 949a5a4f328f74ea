import { parseTaskId } from '../main/core/task/task.ts'
import type { Place } from './host.ts'

/** The views that the side bar leads to. */
export const sideBarViews = ['slots', 'conflicts', 'history', 'repositories', 'setup', 'settings'] as const

/** What stands behind the `#` of the address, so that a page that is loaded again stays where it was. */
export const toHash = (place: Place): string => ('id' in place ? `#${place.view}/${place.id}` : `#${place.view}`)

export function fromHash(hash: string): Place | undefined {
  const [view, text] = hash.replace(/^#/, '').split('/')
  if (view === 'task' || view === 'resolve' || view === 'review') {
    const id = parseTaskId(text ?? '')
    return id && { view, id }
  }
  if (view === 'new-task') return { view }
  const known = sideBarViews.find((name) => name === view)
  return known && { view: known }
}
