import type { TaskPlace } from '../core/task/task-place.ts'
import { findPlace, listPlaces } from '../settings/places.ts'
import type { Places } from '../tasks/run/task-run.ts'
import type { Engine } from './engine.ts'
import { lookAtPlace } from './follow/look-at-place.ts'
import { type Patience, usualPatience } from './follow/patience.ts'
import { VisitedPlaces } from './follow/visited.ts'
import { runAtPlace } from './place-task.ts'
import { sshEngine } from './ssh/ssh-engine.ts'

const engines = { ssh: sshEngine } satisfies Record<TaskPlace['kind'], (place: TaskPlace) => Engine>

/** The places that a home has, and the tasks at them. A task has with it how its place is reached: it ends there also when that is listed no more. */
export function createFleet(home: string, patience: Patience = usualPatience): Places {
  const visited = new VisitedPlaces()
  return {
    find: (name) => findPlace(home, name),
    list: () => listPlaces(home),
    look: (task, signal) => lookAtPlace(task, visited, signal),
    run: async (run) => {
      const { place } = run.record.task
      if (!place) throw new Error(`Task ${run.record.task.id} has no place`)
      return await runAtPlace(run, engines[place.kind](place), patience, visited)
    },
  }
}
