import type { TaskId } from '../main/core/task/task.ts'
import type { TaskRow } from './live-state.ts'

/** Tasks of which some come after others. */
export interface PlanView {
  /** The plan's; null for tasks that were ordered one by one. */
  readonly id: string | null
  /** Each as its last run, with those of these tasks that it comes after. */
  readonly tasks: readonly PlannedRow[]
  /** How many more there are. */
  readonly omitted: number
}

export interface PlannedRow {
  readonly row: TaskRow
  readonly after: readonly TaskId[]
}
