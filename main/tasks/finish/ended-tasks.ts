import { AppError } from '../../core/failure.ts'
import type { By } from '../../core/merge/may-publish.ts'
import type { MergeOutcome } from '../../core/merge/merge.ts'
import type { Task, TaskId } from '../../core/task/task.ts'
import type { CleanUp } from '../contract.ts'
import { type MirrorOptions, showInWorkTree } from '../record/mirror.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import type { RunningTasks } from '../run/running-tasks.ts'
import type { Places } from '../run/task-run.ts'
import { cleanUpTask } from '../upkeep/clean-up-task.ts'
import type { Deletions } from '../upkeep/deletions.ts'
import { mergeAgain } from './merge-again.ts'
import { type LateSalvage, salvagedLate } from './salvage-late.ts'
import { type PublishingRules, weighRemoval } from './waiting-work.ts'

export interface EndedTasksOptions {
  readonly catalog: Pick<TaskCatalog, 'get' | 'put' | 'drop'>
  readonly running: Pick<RunningTasks, 'over'>
  readonly deletions: Deletions
  readonly rules: PublishingRules & MirrorOptions
  /** Where tasks may have left work that did not come home. */
  readonly places: Pick<Places, 'bringRest'> | undefined
  /** What has not begun and starts from the result of a task. */
  readonly followers: { needing(id: TaskId): Promise<TaskId | null> }
}

/** What is done with tasks that have ended: one thing at a time with each. */
export class EndedTasks {
  readonly #options: EndedTasksOptions
  /** Those with which something is being done, each with the end of that. */
  readonly #inHand = new Map<TaskId, Promise<void>>()

  constructor(options: EndedTasksOptions) {
    this.#options = options
  }

  /**
   * Does something with a task that has ended, after its work was saved where that could not be done at its end; `before` is the task as it was until then.
   * @throws AppError('task-busy') before its end, and while something else is done with it; 'task-unknown'.
   */
  async act<Result>(
    id: TaskId,
    act: (task: Task, before: Task) => Promise<Result>,
    salvage: LateSalvage = 'when-repository-is-back',
  ): Promise<Result> {
    const { catalog, running, places } = this.#options
    requireEnd(await catalog.get(id))
    await running.over(id) // Its end may have been heard before the last line of its record was written.
    if (this.#inHand.has(id)) {
      throw new AppError('task-busy', `Task ${id} is being merged, continued or cleaned up`, {
        hint: 'Try again in a moment',
      })
    }
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#inHand.set(id, promise)
    try {
      const task = await catalog.get(id)
      requireEnd(task) // It may have been continued meanwhile.
      return await act(await salvagedLate(task, salvage, { places, onChange: catalog.put }), task)
    } finally {
      this.#inHand.delete(id)
      resolve()
    }
  }

  /** Resolves when nothing is being done with the task; at once when nothing is. */
  async over(id: TaskId): Promise<void> {
    await this.#inHand.get(id)
  }

  /**
   * Tries again to merge it, see `mergeAgain`. A person's wish has the place of the task asked for what did not come home. Where that takes the place of work that the
   * person may have looked at, it is merged as far as the policy lets a client's wish go.
   */
  merge(id: TaskId, by: Exclude<By, 'policy'>): Promise<MergeOutcome> {
    const { rules, catalog } = this.#options
    return this.act(
      id,
      async (task, { work }) => {
        const isUnseen = work !== null && work.commit !== task.work?.commit
        const outcome = await mergeAgain(task, { by: isUnseen ? 'client' : by, rules, onChange: catalog.put })
        await showInWorkTree(task, rules) // It may have had no merge result before.
        return outcome
      },
      by === 'person' ? 'with-rest' : 'counted',
    )
  }

  /** Deletes its folder, see `cleanUpTask`. */
  async cleanUp(id: TaskId, wish: CleanUp): Promise<void> {
    const { catalog, rules, deletions, followers } = this.#options
    const follower = await followers.needing(id)
    if (follower !== null) {
      throw new AppError('task-busy', `Task ${follower} comes after task ${id} and has not begun`, {
        hint: `Wait until it has, or cancel it: cancel_task ${follower}`,
      })
    }
    const salvage = wish.deleteRef ? 'when-repository-is-back' : 'if-possible'
    await this.act(id, (task) => cleanUpTask(task, wish, rules, deletions), salvage)
    catalog.drop(id)
  }

  /** Whether its folder may go without the wish of a person. */
  async mayCleanUp(id: TaskId, by: By): Promise<boolean> {
    const { catalog, rules, followers } = this.#options
    if ((await followers.needing(id)) !== null) return false
    return (await weighRemoval(await catalog.get(id), 'clean-up', by, rules)).kind === 'yes'
  }
}

function requireEnd({ id, state }: Task): void {
  if (state.phase === 'finished') return
  throw new AppError('task-busy', `Task ${id} has not ended yet`, { hint: 'Wait for its end, or cancel it' })
}
