import { create } from 'zustand'
import type { TaskId } from '../../main/core/task/task.ts'
import type { Place } from '../../preload/host.ts'
import type { sideBarViews } from '../../preload/place-hash.ts'

/** Where the user is, last, and the way there; never empty. */
export type Trail = readonly [Place, ...Place[]]

export type View = (typeof sideBarViews)[number]

export const home: Trail = [{ view: 'slots' }]

export const placeOf = (trail: Trail): Place => trail.at(-1) ?? trail[0]

/** A view of the side bar begins a new way; what is opened from there goes on with it. */
export function goOn(trail: Trail, place: Place): Trail {
  if (samePlace(placeOf(trail), place)) return trail
  if (opensOver(place)) {
    // From the form to the task that it made: back is where the form was called from.
    const way = placeOf(trail).view === 'new-task' ? goBack(trail) : trail
    return [...way, place]
  }
  return [place]
}

export function goBack(trail: Trail): Trail {
  const [first, ...rest] = trail
  if (rest.length > 0) return [first, ...rest.slice(0, -1)]
  return opensOver(first) ? home : trail
}

/** What is opened from a view and left to it again. */
const opensOver = (place: Place): boolean => 'id' in place || place.view === 'new-task'

const samePlace = (one: Place, other: Place): boolean => one.view === other.view && idIn(one) === idIn(other)

const idIn = (place: Place): TaskId | null => ('id' in place ? place.id : null)

/** The view of the side bar that the place belongs to. */
export function rootOf(trail: Trail): View {
  const [first] = trail
  return 'id' in first || first.view === 'new-task' ? 'slots' : first.view
}

export const useNavigation = create<{ readonly trail: Trail }>(() => ({ trail: home }))

export const go = (place: Place): void => useNavigation.setState(({ trail }) => ({ trail: goOn(trail, place) }))
export const back = (): void => useNavigation.setState(({ trail }) => ({ trail: goBack(trail) }))
