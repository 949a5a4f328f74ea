import { toFailure } from '../../core/failure.ts'
import type { Resolves, Task, TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Log } from '../../lib/log.ts'
import type { RunRequest } from '../contract.ts'
import { mergedThrough, planResolution, wantsResolution } from './resolve-task.ts'

export interface ResolutionsOptions {
  readonly list: () => Promise<readonly TaskBrief[]>
  readonly accept: (request: RunRequest, resolves: Resolves) => Promise<TaskId>
  readonly onChange: (task: Task) => void
  /** Whether a task whose work collides is resolved by another without being asked, once. */
  readonly byItself: () => boolean
  readonly log: Log
}

/** Tasks that resolve what other tasks' work collides with. */
export class Resolutions {
  readonly #options: ResolutionsOptions

  constructor(options: ResolutionsOptions) {
    this.#options = options
  }

  /** @throws AppError when there is nothing to resolve, or it is being resolved. */
  async start(task: Task, request: Pick<RunRequest, 'owner' | 'queue'>): Promise<TaskId> {
    const { list, accept } = this.#options
    const { description, resolves } = await planResolution(task, await list())
    return await accept({ description, repo: task.repo, ...request }, resolves)
  }

  /**
   * At a task's end, before it is told, so that anyone who hears of it finds things so: the task that it resolved is recorded as
   * merged through it, and its own conflicts are given to another. What goes wrong here does not keep the end from being told.
   */
  async afterEnd(task: Task): Promise<void> {
    const { list, onChange, byItself, log } = this.#options
    try {
      await mergedThrough(task, onChange)
    } catch (error) {
      const reason = toFailure(error).message
      log.warn('a task could not be recorded as merged through another', { taskId: task.id, reason })
    }
    try {
      if (!byItself() || !wantsResolution(task, await list())) return
      await this.start(task, { queue: true, ...(task.owner !== null && { owner: task.owner }) })
    } catch (error) {
      log.warn('conflicts could not be given to a task', { taskId: task.id, reason: toFailure(error).message })
    }
  }
}
