import { create } from 'zustand'
import type { Place } from '../../preload/host.ts'
import type { sideBarViews } from '../../preload/place-hash.ts'

/** What is chosen at a place, such as a tab, a filter or a file, by the names that the address shows. */
type Chosen = Readonly<Record<string, string>>

/** A place, as the user has it. */
export type Stop = Place & { readonly chosen?: Chosen }

/** Where the user is, last, and the way there; never empty. */
export type Trail = readonly [Stop, ...Stop[]]

export type View = (typeof sideBarViews)[number]

export const home: Trail = [{ view: 'slots' }]

export const placeOf = (trail: Trail): Stop => trail.at(-1) ?? trail[0]

/** A view of the side bar begins a new way; what is opened from there goes on with it. */
export function goOn(trail: Trail, place: Stop): Trail {
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
const opensOver = (place: Place): boolean => 'id' in place || 'alias' in place || place.view === 'new-task'

export const samePlace = (one: Place, other: Place): boolean => one.view === other.view && idIn(one) === idIn(other)

/** The same way, with something chosen at its end, or chosen no more. */
export function choosing(trail: Trail, name: string, value: string | null): Trail {
  const { chosen = {}, ...place } = placeOf(trail)
  const { [name]: _, ...others } = chosen
  const now = value === null ? others : { ...others, [name]: value }
  return endingIn(trail, Object.keys(now).length === 0 ? place : { ...place, chosen: now })
}

/** The same way to another end. */
function endingIn(trail: Trail, end: Stop): Trail {
  const [first = end, ...rest] = [...trail.slice(0, -1), end]
  return [first, ...rest]
}

const idIn = (place: Place): string | null => ('id' in place ? place.id : 'alias' in place ? place.alias : null)

/** The view of the side bar that the place belongs to. */
export function rootOf(trail: Trail): View {
  const [first] = trail
  if ('alias' in first) return 'repositories'
  return 'id' in first || first.view === 'new-task' ? 'slots' : first.view
}

export const useNavigation = create<{ readonly trail: Trail }>(() => ({ trail: home }))

export const go = (place: Stop): void => useNavigation.setState(({ trail }) => ({ trail: goOn(trail, place) }))
export const back = (): void => useNavigation.setState(({ trail }) => ({ trail: goBack(trail) }))

/** Takes back everything that is chosen where the user is. */
export const chooseNothing = (): void =>
  useNavigation.setState(({ trail }) => {
    const { chosen: _, ...place } = placeOf(trail)
    return { trail: endingIn(trail, place) }
  })

/** What is chosen by this name where the user is, and how to choose another; null where nothing is. */
export function useChosen(name: string): readonly [string | null, (value: string | null) => void] {
  const value = useNavigation(({ trail }) => placeOf(trail).chosen?.[name] ?? null)
  return [value, (now) => useNavigation.setState(({ trail }) => ({ trail: choosing(trail, name, now) }))]
}
