import type { TaskRow } from '../../../../preload/live-state.ts'

/** How far its work is on its way onto the branch, one sentence with no full stop; undefined where it is not. */
export const landingOf = ({ state }: TaskRow): string | undefined => ('landing' in state ? state.landing : undefined)
