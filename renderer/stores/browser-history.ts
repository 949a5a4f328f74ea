import { goOn, home, placeOf, samePlace, type Trail, useNavigation } from './navigation.ts'
import { fromHash, toHash } from './stop-hash.ts'

/** Browsers refuse a page that changes its address more often than about three times a second. */
const settledMs = 400

/** What an entry of the browser's history holds: the way to its place, and the way of the entry before it. */
interface Entry {
  readonly trail: Trail
  readonly before: Trail | null
}

/**
 * Makes the browser's Back and Forward go where the user was: each place is an entry, what is chosen there changes the entry. To go
 * back in the window is to go back in the browser, where the entry before is the same place.
 */
export function followBrowserHistory(): void {
  let isMoving = false
  let waiting: ReturnType<typeof setTimeout> | undefined
  const replace = (trail: Trail, before: Trail | null): void => {
    clearTimeout(waiting)
    waiting = undefined
    history.replaceState(stateOf({ trail, before }), '', toHash(placeOf(trail)))
  }
  const start = entryOf(history.state)
  const typed = fromHash(location.hash)
  const first = start?.trail ?? (typed ? goOn(home, typed) : home)
  useNavigation.setState({ trail: first })
  replace(first, start?.before ?? null)

  useNavigation.subscribe(({ trail }, { trail: left }) => {
    if (isMoving || trail === left) return
    const now = entryOf(history.state)
    if (samePlace(placeOf(trail), placeOf(left)) && trail.length === left.length) {
      clearTimeout(waiting)
      waiting = setTimeout(() => replace(trail, now?.before ?? null), settledMs)
      return
    }
    if (waiting !== undefined) replace(left, now?.before ?? null)
    if (now?.before && same(now.before, trail)) history.back()
    else history.pushState(stateOf({ trail, before: left }), '', toHash(placeOf(trail)))
  })

  window.addEventListener('popstate', (event) => {
    const entry = entryOf(event.state)
    const place = fromHash(location.hash)
    const { trail: left } = useNavigation.getState()
    const trail = entry?.trail ?? (place ? goOn(left, place) : left)
    isMoving = true
    if (!same(trail, left)) useNavigation.setState({ trail })
    isMoving = false
    // An address that was typed is an entry of its own already.
    if (!entry) replace(trail, left)
  })
}

/** The state of an entry survives a reload, and with it perhaps an update of the page: what it holds is looked at. */
function entryOf(state: unknown): Entry | null {
  const held: Partial<Record<keyof Entry, unknown>> = typeof state === 'object' && state !== null ? state : {}
  const trail = trailOf(held.trail)
  return trail && { trail, before: trailOf(held.before) }
}

function trailOf(hashes: unknown): Trail | null {
  if (!Array.isArray(hashes)) return null
  const [first, ...rest] = hashes.flatMap((hash) => fromHash(String(hash)) ?? [])
  return first ? [first, ...rest] : null
}

const stateOf = ({ trail, before }: Entry) => ({ trail: trail.map(toHash), before: before?.map(toHash) })

const same = (one: Trail, other: Trail): boolean => one.map(toHash).join() === other.map(toHash).join()
