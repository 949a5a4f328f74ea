import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, failureText } from '../../core/failure.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import { unreachable } from '../../core/unreachable.ts'

const pollMs = 20

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
      return false
    case 'stopping':
      if (stopReason === null) return false
      throw new AppError('task-busy', `Task ${id} is being stopped already: ${failureText(stopReason)}`)
    case 'merging':
      throw new AppError(
        'task-busy',
        `It is too late to cancel task ${id}: its machine is off and its work is taken over`,
        {
          hint: 'wait_next_event tells what became of it',
        },
      )
    case 'finished':
      if (state.outcome.kind === 'cancelled') return true
      throw new AppError('task-ended', `Task ${id} has ended already`, { hint: 'get_task_info says how' })
    default:
      return unreachable(state)
  }
}

/**
 * Resolves when the stop that was asked for is on record: an answer before that could be wrong, since the machine may end by
 * itself at the same moment. `look` gives the task as it is; undefined when no one follows it any more.
 * @throws AppError('task-busy' | 'task-ended' | 'interrupted')
 */
export async function untilCancelled(id: TaskId, look: () => Promise<Task | undefined>): Promise<void> {
  for (;;) {
    const task = await look()
    if (!task) {
      throw new AppError('interrupted', `Task ${id} was let go of before it could be cancelled`, {
        hint: 'Cancel it when the server runs again',
      })
    }
    if (isCancelled(task)) return
    await sleep(pollMs)
  }
}
