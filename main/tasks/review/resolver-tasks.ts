import { toFailure } from '../../core/failure.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import type { Log } from '../../lib/log.ts'
import type { TaskIntake } from '../admission/task-intake.ts'
import type { RunRequest } from '../contract.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { mergedThrough } from './merged-through.ts'
import { planResolver, wantsResolver } from './plan-resolver.ts'

export interface ResolverTasksOptions {
  readonly catalog: Pick<TaskCatalog, 'find' | 'put'>
  readonly intake: Pick<TaskIntake, 'accept'>
  /** Read at each use: settings may change. */
  readonly rules: {
    /** What becomes of a task whose work collides: it waits for a wish, or another task resolves it, once. Default: it waits. */
    readonly resolveConflicts?: 'ask' | 'auto'
  }
  readonly log: Log
}

/** Tasks that resolve what other tasks' work collides with. */
export class ResolverTasks {
  readonly #options: ResolverTasksOptions

  constructor(options: ResolverTasksOptions) {
    this.#options = options
  }

  /** @throws AppError when there is nothing to resolve, or it is being resolved. */
  async start(task: Task, request: Pick<RunRequest, 'owner' | 'queue'>): Promise<TaskId> {
    const { catalog, intake } = this.#options
    const { description, resolves } = await planResolver(task, await catalog.find({ kind: 'resolvers', of: task.id }))
    return await intake.accept({ description, repo: task.repo, ...request }, { resolves })
  }

  /**
   * At a task's end, before that is announced, so that a client that looks then finds it done: the task that it resolved is recorded
   * as merged through it, and its own conflicts are given to another. What goes wrong here does not keep the end from being announced.
   */
  async afterEnd(task: Task): Promise<void> {
    const { catalog, rules, log } = this.#options
    try {
      await mergedThrough(task, catalog.put)
    } catch (error) {
      const reason = toFailure(error).message
      log.warn('a task could not be recorded as merged through another', { taskId: task.id, reason })
    }
    try {
      if (
        rules.resolveConflicts !== 'auto' ||
        !wantsResolver(task, await catalog.find({ kind: 'resolvers', of: task.id }))
      )
        return
      await this.start(task, { queue: true, ...(task.owner !== null && { owner: task.owner }) })
    } catch (error) {
      log.warn('conflicts could not be given to a task', { taskId: task.id, reason: toFailure(error).message })
    }
  }
}
