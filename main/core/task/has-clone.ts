import type { Task } from './task.ts'

/** Whether a clone was made for the task, which may hold what is nowhere else: that of a fork was, before it is accepted. Pure. */
export const hasClone = ({ startCommit, fork }: Pick<Task, 'startCommit' | 'fork'>): boolean =>
  startCommit !== null || fork !== undefined
