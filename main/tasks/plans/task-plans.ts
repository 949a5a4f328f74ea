import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../core/failure.ts'
import { inOrder } from '../../core/plan/plan.ts'
import { parseTaskId, type TaskId } from '../../core/task/task.ts'
import { writeJsonAtomically } from '../../lib/files/atomic-file.ts'
import { namesIn } from '../../lib/files/names-in.ts'
import type { TaskIntake } from '../admission/task-intake.ts'
import type { AcceptedPlan, PlannedRequest } from '../contract.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import type { TaskFollower } from '../run/task-follower.ts'
import type { Followers } from './followers.ts'

export interface PlansOptions {
  readonly home: string
  readonly catalog: Pick<TaskCatalog, 'find' | 'open'>
  readonly intake: Pick<TaskIntake, 'check' | 'admit'>
  readonly follower: Pick<TaskFollower, 'cancel'>
  readonly followers: Pick<Followers, 'look'>
}

/**
 * Plans: several tasks that come after each other and were accepted together. A plan is whole once its file is there, `plans/ID.json`, which is written
 * when the last of its tasks is on record; none of them begins before. A plan that is not whole at a start was never answered for, and is cancelled.
 */
export class TaskPlans {
  readonly #options: PlansOptions
  readonly #whole: Set<string>

  /** @param whole ids of plans, see `wholePlans`; those that are accepted are added. */
  constructor(options: PlansOptions, whole: Set<string>) {
    this.#options = options
    this.#whole = whole
  }

  /** All of the plan or nothing of it. @throws AppError that says why it is refused. */
  async accept(requests: readonly PlannedRequest[]): Promise<AcceptedPlan> {
    const { home, intake, follower, followers } = this.#options
    const planned = requests.map((request) => {
      const { known, names } = sorted(request.after ?? [], requests)
      return { name: request.name, after: names, known, request }
    })
    const checked = []
    for (const task of inOrder(planned)) {
      const { name, after: _, ...request } = task.request
      try {
        checked.push({ ...task, asked: await intake.check({ ...request, after: task.known }) })
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        const { hint, code } = error
        throw new AppError(code, `Task '${name}' of the plan: ${error.message}`, {
          ...(hint !== undefined && { hint }),
          cause: error,
        })
      }
    }
    const id = randomBytes(4).toString('hex')
    const ids = new Map<string, TaskId>()
    try {
      for (const { name, after, known, asked } of checked) {
        const all = [...known, ...after.flatMap((other) => ids.get(other) ?? [])]
        const { after: _, ...request } = asked.request
        const own = { ...request, ...(all.length > 0 && { after: all }), plan: { id, name } }
        ids.set(name, await intake.admit({ ...asked, request: own }))
      }
      await mkdir(plansFolder(home), { recursive: true, mode: 0o700 })
      await writeJsonAtomically(join(plansFolder(home), `${id}.json`), {
        schemaVersion: 1,
        tasks: Object.fromEntries(ids),
      })
    } catch (error) {
      // What could not be cancelled now is at the next start, since the plan is not whole.
      for (const task of [...ids.values()].toReversed()) await follower.cancel(task).catch(() => undefined)
      throw error
    }
    this.#whole.add(id)
    followers.look()
    return { id, tasks: ids }
  }

  /**
   * Tasks of the plan that have not ended, the last ones first: in this order none begins because one before it was stopped.
   * @throws AppError('argument-invalid') where there is no such plan.
   */
  async unfinished(planId: string): Promise<readonly TaskId[]> {
    const tasks = await this.#options.catalog.find({ kind: 'plan', plan: planId })
    if (tasks.length === 0) {
      throw new AppError('argument-invalid', `There is no plan '${planId.slice(0, 80)}'`, {
        hint: 'The id of a plan is what run_plan answered; get_task_info has it too',
      })
    }
    return tasks
      .filter(({ state }) => state.phase !== 'finished')
      .map(({ id }) => id)
      .toReversed()
  }

  /** Cancels what is on record of plans that were never whole. */
  async cancelPartial(): Promise<void> {
    const partial = [...this.#options.catalog.open.values()].filter(
      ({ plan, state }) => plan && !this.#whole.has(plan.id) && state.phase === 'queued',
    )
    for (const { id } of partial.toReversed()) await this.#options.follower.cancel(id)
  }
}

/** Ids of the plans of this home that are whole. */
export async function wholePlans(home: string): Promise<Set<string>> {
  const names = await namesIn(plansFolder(home))
  return new Set(names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length)))
}

const plansFolder = (home: string): string => join(home, 'plans')

/** What a task of a plan comes after: names of the plan's own tasks, and ids of others. */
function sorted(
  after: readonly string[],
  requests: readonly PlannedRequest[],
): { readonly known: readonly TaskId[]; readonly names: readonly string[] } {
  const own = new Set(requests.map(({ name }) => name))
  const known = after.flatMap((other) => (own.has(other) ? [] : (parseTaskId(other) ?? [])))
  return { known, names: after.filter((other) => !known.some((id) => id === other)) }
}
