import { parseTaskId } from '../main/core/task/task.ts'
import { type Place, taskViews } from './host.ts'

/** The views that the side bar leads to. */
export const sideBarViews = ['slots', 'conflicts', 'history', 'repositories', 'places', 'setup', 'settings'] as const

/** What stands behind the `#` of the address, so that a page that is loaded again stays where it was. */
export function toHash(place: Place): string {
  if ('id' in place) return `#${place.view}/${place.id}`
  return 'alias' in place ? `#${place.view}/${encodeURIComponent(place.alias)}` : `#${place.view}`
}

export function fromHash(hash: string): Place | undefined {
  const [view, text] = hash.replace(/^#/, '').split('/')
  const ofTask = taskViews.find((name) => name === view)
  if (ofTask) {
    const id = parseTaskId(text ?? '')
    return id && { view: ofTask, id }
  }
  if (view === 'repository') {
    const alias = decoded(text ?? '')
    return alias ? { view, alias } : undefined
  }
  if (view === 'new-task') return { view }
  const known = sideBarViews.find((name) => name === view)
  return known && { view: known }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined // It was typed.
  }
}
