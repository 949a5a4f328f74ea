import type { TaskId } from '../../core/task/task.ts'
import type { MergeView, ResultView } from '../../core/task/view.ts'

/** What `wait_next_event` delivers: a task ended. */
export interface EndEvent {
  readonly type: 'completed' | 'failed'
  readonly taskId: TaskId
  readonly repo: string
  /** The consumer that asked for the task. */
  readonly owner: string | null
  readonly result: ResultView | null
  readonly mergeResult: MergeView | null
  /** Why it failed, one sentence. */
  readonly error: string | null
  /** What was refused or left out while its work was saved; absent when nothing was. */
  readonly notes?: readonly string[] | undefined
}

export interface LoggedEvent extends EndEvent {
  /** 1, 2, 3, ... never reused; a number can be missing. */
  readonly seq: number
  /** ISO 8601, UTC. */
  readonly at: string
}
