import type { Snapshot } from '../../preload/live-state.ts'

/** Whether the user has not seen a task through yet: then the first steps are shown, each with its own light. Pure. */
export const needsGuide = ({ tasks, olderTasks }: Pick<Snapshot, 'tasks' | 'olderTasks'>): boolean =>
  olderTasks === 0 && !tasks.some(({ state }) => state.phase === 'finished' && state.outcome === 'merged')

/** Nothing was done yet: the guide stands in place of the slots. Pure. */
export const isNewHome = ({ repositories, tasks }: Pick<Snapshot, 'repositories' | 'tasks'>): boolean =>
  repositories.length === 0 && tasks.length === 0
