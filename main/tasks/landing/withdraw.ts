import { AppError } from '../../core/failure.ts'
import type { TaskId } from '../../core/task/task.ts'
import type { EndedTasks } from '../finish/ended-tasks.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { isWithdrawn } from '../run/cancel-task.ts'
import type { RunningTasks } from '../run/running-tasks.ts'
import type { Landings } from './landings.ts'
import { LandingLeft } from './wish.ts'

export interface WithdrawParts {
  readonly landings: Pick<Landings, 'withdraw'>
  readonly running: Pick<RunningTasks, 'over'>
  readonly ended: Pick<EndedTasks, 'over'>
  readonly catalog: Pick<TaskCatalog, 'get'>
}

/**
 * Takes the work of a task out of what lands, where it waits for that or is checked for it; it stays at its ref. Resolves when that is on record: a server that
 * ends before brings the work back to its queue at the next start, and nobody was told otherwise. False for a task that does not wait to land.
 * @throws AppError('task-ended') when it left in another way first, AppError('interrupted') when the server ends meanwhile.
 */
export async function withdraw(id: TaskId, { landings, running, ended, catalog }: WithdrawParts): Promise<boolean> {
  const leaving = landings.withdraw(id)
  if (!leaving) return false
  try {
    await leaving
  } catch (error) {
    if (error instanceof LandingLeft) throw notYet(id)
    throw error
  }
  // A task at its end, or one that had ended and was merged again.
  await Promise.all([running.over(id), ended.over(id)])
  const { merge, state } = await catalog.get(id)
  if (isWithdrawn({ merge })) return true
  if (state.phase !== 'finished') throw notYet(id)
  const how = merge?.kind === 'merged' ? `is on ${merge.branch} already` : 'was taken out for another reason'
  throw new AppError('task-ended', `The work of task ${id} ${how}`, { hint: 'get_task_info says how it ended' })
}

const notYet = (id: TaskId): AppError =>
  new AppError('interrupted', `Task ${id} was let go of before its work was taken out of what lands`, {
    hint: 'Cancel it when the server runs again',
  })
