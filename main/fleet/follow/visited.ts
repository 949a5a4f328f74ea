import type { TaskId } from '../../core/task/task.ts'
import type { Looks } from './looks.ts'

/** A keeper that has its task and listens at this moment: what can be asked of it. */
type Visited = Pick<Looks, 'look'>

/** The keepers that are reached, by their tasks. */
export class VisitedPlaces {
  readonly #visited = new Map<TaskId, Visited>()

  get(id: TaskId): Visited | undefined {
    return this.#visited.get(id)
  }

  enter(id: TaskId, visited: Visited): Disposable {
    this.#visited.set(id, visited)
    return {
      [Symbol.dispose]: () => {
        if (this.#visited.get(id) === visited) this.#visited.delete(id)
      },
    }
  }
}
