import { type Readiness, readinessOf, TasksById } from '../../core/plan/readiness.ts'
import type { TaskId } from '../../core/task/task.ts'
import type { TaskBrief } from '../../core/task/task-brief.ts'
import type { Log } from '../../lib/log.ts'
import type { WaitingRoom } from '../admission/waiting-room.ts'
import type { TaskCatalog } from '../record/task-catalog.ts'
import { runsOf } from './runs-of.ts'

export interface FollowersOptions {
  readonly catalog: Pick<TaskCatalog, 'find' | 'watch'>
  readonly waiting: Pick<WaitingRoom, 'followers' | 'setReady' | 'callNext'>
  /** Whether all tasks of the plan are on record. */
  readonly isWhole: (planId: string) => boolean
  readonly log: Log
}

/** Tasks that come after others: has each wait for a slot as soon as those have ended, and knows what the others wait for. */
export class Followers implements Disposable {
  readonly #options: FollowersOptions
  #known: ReadonlyMap<TaskId, Readiness> = new Map()
  readonly #unwatch: () => void
  #looking: Promise<void> | undefined
  #lookAgain = false

  constructor(options: FollowersOptions) {
    this.#options = options
    this.#unwatch = options.catalog.watch((_id, task) => {
      // Whether a follower can begin changes by the end of another task, and by what becomes of one that has ended.
      if (task === null || task.state.phase === 'finished' || task.former !== null || task.state.phase === 'queued')
        this.look()
    })
  }

  /** What holds a task that has not begun; null where nothing does but a slot, and for tasks that come after no others. */
  of(id: TaskId): Readiness | null {
    return this.#known.get(id) ?? null
  }

  /** A task that has not begun and may start from this one, or from what this one repeats; null where there is none. */
  async needing(id: TaskId): Promise<TaskId | null> {
    const { catalog, waiting } = this.#options
    if (waiting.followers.length === 0) return null
    const runs = new Set<TaskId>()
    for (let at: TaskId | undefined = id; at !== undefined && !runs.has(at); ) {
      runs.add(at)
      const [task]: readonly TaskBrief[] = await catalog.find({ kind: 'ids', ids: [at] })
      at = task?.retries
    }
    return waiting.followers.find(({ task }) => task.after?.some((other) => runs.has(other)))?.task.id ?? null
  }

  /** Looks soon at all of them; calls meanwhile have it look once more. */
  look(): void {
    this.#lookAgain = true
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined
    })
  }

  async #lookNow(): Promise<void> {
    const { catalog, waiting, isWhole, log } = this.#options
    while (this.#lookAgain) {
      this.#lookAgain = false
      try {
        await undefined // A task is told of just before it is among those that wait.
        const known = new Map<TaskId, Readiness>()
        if (waiting.followers.length === 0) {
          this.#known = known
          continue
        }
        const tasks = new TasksById(
          await runsOf(
            waiting.followers.flatMap(({ task }) => task.after ?? []),
            catalog,
          ),
        )
        for (const { task } of waiting.followers) {
          if (task.plan && !isWhole(task.plan.id)) continue
          const readiness = readinessOf(task, tasks)
          known.set(task.id, readiness)
          waiting.setReady(task.id, readiness.kind === 'ready', readiness.kind === 'ready' ? readiness.base : undefined)
        }
        this.#known = known
        waiting.callNext()
      } catch (error) {
        log.error('the tasks that come after others could not be looked at', { reason: String(error) })
      }
    }
  }

  [Symbol.dispose](): void {
    this.#unwatch()
  }
}
