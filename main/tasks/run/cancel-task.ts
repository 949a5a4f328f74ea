import { AppError, failureText } from '../../core/failure.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { unreachable } from '../../core/unreachable.ts'

/** What `stop` carries when the user wants the task to end. */
export const cancelled = (): AppError => new AppError('cancelled', 'Cancelled')

/** What `stop` carries when the orchestrator ends and its tasks are to end with it. */
export const quit = (): AppError =>
  new AppError('interrupted', 'The orchestrator ended, and was set to stop its tasks then', {
    hint: 'Run the task again',
  })

/**
 * Whether the task is, or is about to be, cancelled; false when it still has to hear of it.
 * @throws AppError('task-busy' | 'task-ended') when it is too late.
 */
export function isCancelled(task: Task): boolean {
  const { id, state, stopReason } = task
  if (stopReason?.code === 'cancelled') return true
  switch (state.phase) {
    case 'queued':
    case 'parked':
    case 'cloning':
    case 'booting':
    case 'working':
    case 'waiting':
      return false
    case 'stopping':
      if (stopReason === null) return false
      throw new AppError('task-busy', `Task ${id} is being stopped already: ${failureText(stopReason)}`)
    case 'merging':
      throw new AppError(
        'task-busy',
        `It is too late to cancel task ${id}: its machine is off and its work is taken over`,
        {
          hint: 'wait_next_event tells what became of it; while its work waits to land it can be cancelled still',
        },
      )
    case 'finished':
      if (state.outcome.kind === 'cancelled' || isWithdrawn(task)) return true
      throw new AppError('task-ended', `Task ${id} has ended already`, { hint: 'get_task_info says how' })
    default:
      return unreachable(state)
  }
}

/** Whether its work was taken out of what lands. */
export const isWithdrawn = ({ merge }: Pick<Task, 'merge'>): boolean =>
  merge?.kind === 'unmerged' && merge.reason === 'withdrawn'

/** A task that is to be cancelled, as its follower sees it. */
export interface Cancelling {
  /** The task as it is; undefined when nothing follows it any more. */
  readonly look: () => Promise<Task | undefined>
  /** Calls `wake` when `look` may have another answer. @returns the end of it. */
  readonly watch: (wake: () => void) => () => void
}

/**
 * Resolves when the stop that was asked for is on record: an answer before that could be wrong, since the machine may end by
 * itself at the same moment.
 * @throws AppError('task-busy' | 'task-ended' | 'interrupted')
 */
export async function untilCancelled(id: TaskId, { look, watch }: Cancelling): Promise<void> {
  for (;;) {
    const changed = Promise.withResolvers<void>()
    const unwatch = watch(changed.resolve) // Before the look: what changes after it is seen.
    try {
      const task = await look()
      if (!task) {
        throw new AppError('interrupted', `Task ${id} was let go of before it could be cancelled`, {
          hint: 'Cancel it when the server runs again',
        })
      }
      if (isCancelled(task)) return
      await changed.promise
    } finally {
      unwatch()
    }
  }
}
