import type { TaskId } from '../main/core/task/task.ts'

/** The works that wait for one branch, each with a check that has to succeed as it would be there. */
export interface LandingView {
  readonly branch: string | null
  /** What is run on each of them; null where that is not known. */
  readonly command: string | null
  /** In the order in which they land. Empty once nothing waits. */
  readonly cars: readonly LandingCar[]
}

export interface LandingCar {
  readonly id: TaskId
  readonly title: string
  /** From 1. */
  readonly position: number
  readonly isChecked: boolean
  /** One sentence with no full stop. */
  readonly text: string
}
