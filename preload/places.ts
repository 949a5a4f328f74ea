import type { TaskId } from '../main/core/task/task.ts'
import type { KeyPlace } from '../main/core/task/task-place.ts'
import type { HostProblem } from './host.ts'

/** Another machine or cluster that runs tasks for this host. */
export interface PlaceView {
  readonly name: string
  /** What runs tasks there: `ssh`, `slurm`, `kubernetes`. */
  readonly kind: string
  /** The host that ssh leads to; null where commands of this host reach the place. */
  readonly host: string | null
  /** What its engine is asked for, such as a partition; empty where it has no engine of its own. */
  readonly job: Readonly<Record<string, string>>
  /** Where the API key is while tasks run there. */
  readonly key: KeyPlace
  /** Tasks of this host. */
  readonly running: number
  readonly waiting: number
  /** How many more tasks of this host fit there; null where an engine decides that. */
  readonly free: number | null
  /** Why it cannot be reached, as far as a task there has noticed; null when it is. */
  readonly away: string | null
  /** Tasks of this host that have not ended there. */
  readonly tasks: readonly PlacedTask[]
}

interface PlacedTask {
  readonly id: TaskId
  /** The machine there, by what it calls itself; null before it has begun. */
  readonly node: string | null
  /** Why it waits, in the words of the place; null when it does not. */
  readonly why: string | null
}

/** What a place lacks for a task. */
export type PlaceProblem = Omit<HostProblem, 'code'>
