import type { Task } from '../task/task.ts'
import type { CheckPolicy } from './merge-policy.ts'

/** What runs after the agent in the task's own machine; null where nothing does. What a judge leaves is never merged, so it is not checked. */
export const ownCheck = ({ mergePolicy, judges }: Pick<Task, 'mergePolicy' | 'judges'>): CheckPolicy | null =>
  mergePolicy?.kind === 'check' && judges === undefined ? mergePolicy : null
