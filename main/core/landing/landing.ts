import { slotCount } from '../task/task.ts'

/** How checked work of several tasks comes onto a branch: one after the other, or each on top of those before it, checked at the same time. */
export const landings = ['direct', 'train'] as const
export type Landing = (typeof landings)[number]

/** How many of those that wait are rebased and checked ahead. No more can have a machine. */
export const carsAhead = { direct: 1, train: slotCount } as const satisfies Readonly<Record<Landing, number>>

/** For a person. */
export const landingText = (landing: Landing): string =>
  ({ direct: 'one task after the other', train: 'in a train: several are checked at once, on top of each other' })[
    landing
  ]

/** Where a task is on its way onto the branch. */
export type LandingState =
  /** `position` from 1, `of` so many that wait for the same branch. */
  | { readonly kind: 'waits'; readonly position: number; readonly of: number }
  /** Its work is checked as it would be on the branch, on top of the works of `ahead` others that are not there yet. */
  | { readonly kind: 'checks'; readonly position: number; readonly of: number; readonly ahead: number }

/** For a person, one sentence with no full stop. Pure. */
export function landingStateText(state: LandingState): string {
  if (state.kind === 'waits') return `Waits to come onto the branch, ${state.position} of ${state.of}`
  if (state.ahead === 0) return 'Its check runs again, on the branch as it is now'
  const works = state.ahead === 1 ? 'another work that lands' : `${state.ahead} other works that land`
  return `Its check runs again, on top of ${works} before it`
}
