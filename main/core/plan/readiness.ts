import type { Task, TaskId } from '../task/task.ts'
import type { TaskBase } from '../task/task-base.ts'
import type { TaskBrief } from '../task/task-brief.ts'
import { unreachable } from '../unreachable.ts'

/** Whether a task that comes after others may begin. */
export type Readiness =
  /** `base`: the work of one of them that is not on the branch yet; left out, the task starts from where it was to start anyway. */
  | { readonly kind: 'ready'; readonly base?: TaskBase }
  /** These have not ended. */
  | { readonly kind: 'waits'; readonly for: readonly TaskId[] }
  /** This one has ended in a way that nothing can follow, until someone does something about it. */
  | {
      readonly kind: 'held'
      readonly by: TaskId
      /** It came to no result, its record is gone, or its work and that of another one are both not merged. */
      readonly cause: 'no-result' | 'deleted' | 'unmerged'
      /** One sentence with no full stop. */
      readonly why: string
    }

type Follower = Pick<Task, 'after' | 'base' | 'repoPath'>
type Predecessor = Pick<TaskBrief, 'id' | 'repoPath' | 'state' | 'work' | 'merge' | 'createdAt' | 'retries'>

/**
 * What holds for a task that comes after others, from what is known of all tasks. One that failed and was run again counts as that run.
 * Where a task names no start of its own it begins from the result of those before it, merged or not. Pure.
 */
export function readinessOf({ after = [], base, repoPath }: Follower, tasks: TasksById): Readiness {
  const found = after.map((id) => ({ asked: id, task: tasks.lastRunOf(id) }))
  const waits = found.flatMap(({ task }) => (task && task.state.phase !== 'finished' ? [task.id] : []))
  for (const { asked, task } of found) {
    if (!task) return { kind: 'held', by: asked, cause: 'deleted', why: `The record of task ${asked} was deleted` }
    const why = obstacle(task)
    if (why !== null) return { kind: 'held', by: task.id, cause: 'no-result', why }
  }
  if (waits.length > 0) return { kind: 'waits', for: waits }
  if (base) return { kind: 'ready' }
  const unmerged = found.flatMap(({ task }) => {
    const commit = task && task.repoPath === repoPath ? unmergedCommit(task) : null
    return task && commit !== null ? [{ id: task.id, commit }] : []
  })
  const [first, second] = unmerged
  if (first && second && first.commit !== second.commit) {
    const why = `The work of tasks ${unmerged.map(({ id }) => id).join(' and ')} is not on the branch yet, and this one can start from one of them only`
    return { kind: 'held', by: first.id, cause: 'unmerged', why }
  }
  return first ? { kind: 'ready', base: { kind: 'commit', name: first.id, commit: first.commit } } : { kind: 'ready' }
}

/** All tasks that are known, with what was run again of them. */
export class TasksById {
  readonly #tasks = new Map<TaskId, Predecessor>()
  /** The newest run of each that was run again. */
  readonly #retries = new Map<TaskId, Predecessor>()

  constructor(tasks: Iterable<Predecessor>) {
    for (const task of tasks) {
      this.#tasks.set(task.id, task)
      if (task.retries === undefined) continue
      const known = this.#retries.get(task.retries)
      if (!known || known.createdAt < task.createdAt) this.#retries.set(task.retries, task)
    }
  }

  /** The task itself, or the last run of it where it came to nothing. */
  lastRunOf(id: TaskId): Predecessor | undefined {
    let task = this.#tasks.get(id)
    // A run is newer than what it repeats, so that no circle can be.
    for (let at = id; !task || obstacle(task) !== null; ) {
      const again = this.#retries.get(at)
      if (!again || (task && again.createdAt <= task.createdAt)) break
      task = again
      at = again.id
    }
    return task
  }
}

/** Why nothing can follow a task that has ended; null where something can, and while it has not. */
function obstacle({ id, state, merge }: Predecessor): string | null {
  // A person may have merged what a failed task left.
  if (state.phase !== 'finished' || merge?.kind === 'merged') return null
  const { outcome } = state
  switch (outcome.kind) {
    case 'failed':
      return `Task ${id} has failed`
    case 'cancelled':
      return `Task ${id} was cancelled`
    case 'unmerged':
      if (outcome.merge.reason === 'not_chosen') return `Another attempt was chosen in place of task ${id}`
      if (outcome.merge.reason === 'withdrawn') return `The work of task ${id} was taken out of what lands`
      return outcome.merge.reason === 'rejected' ? `The work of task ${id} was rejected` : null
    case 'merged':
    case 'unchanged':
      return null
    default:
      return unreachable(outcome)
  }
}

/** What waits at its ref; null where all of it is on the branch, or there is nothing. */
const unmergedCommit = ({ work, merge }: Predecessor): string | null =>
  work?.ref != null && merge?.kind === 'unmerged' ? work.commit : null
