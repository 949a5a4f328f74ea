import { placeNamePattern } from './task-place.ts'

/** This host, among places. */
export const localPlace = 'local'

/** What is known of a place when a task is asked for: whether one more would begin there soon. */
export type Room = 'free' | 'full' | 'away'

/** Where a task may run, best first: `local` and names of places, with commas between them. @returns undefined for anything else. Pure. */
export function parsePlaceOrder(text: string): readonly [string, ...string[]] | undefined {
  const [first = '', ...others] = text.split(',').map((name) => name.trim())
  const order = [first, ...others] as const
  const isOrder = order.every((name) => placeNamePattern.test(name)) && new Set(order).size === order.length
  return isOrder ? [...order] : undefined
}

/**
 * Where a task runs that may run at any of these: at the first that has room, else at the first where it may wait, else at the first, which
 * says why not. Every place has a queue of its own; this host has one for tasks that may wait.
 */
export function choosePlace(
  order: readonly [string, ...string[]],
  { roomOf, mayWaitHere }: { readonly roomOf: (name: string) => Room; readonly mayWaitHere: boolean },
): string {
  const waits = (name: string): boolean => (name === localPlace ? mayWaitHere : true)
  return (
    order.find((name) => roomOf(name) === 'free') ??
    order.find((name) => roomOf(name) === 'full' && waits(name)) ??
    order[0]
  )
}
