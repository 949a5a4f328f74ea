import type { Room } from '../core/task/place-order.ts'
import { slotCount, type Task, type TaskId } from '../core/task/task.ts'
import { homeKeyOf, type Place, type Standing, type TaskPlace } from '../core/task/task-place.ts'
import { unreachable } from '../core/unreachable.ts'
import { KeptFile } from '../lib/files/kept-file.ts'
import { findPlace, listPlaces, placesPath } from '../settings/places.ts'
import type { PlacedRun, Places, RunEnd } from '../tasks/run/task-run.ts'
import type { Engine } from './engine.ts'
import { bringRest, type RestWish } from './follow/bring-rest.ts'
import { lookAtPlace } from './follow/look-at-place.ts'
import { type Patience, usualPatience } from './follow/patience.ts'
import { VisitedPlaces } from './follow/visited.ts'
import { htcondorEngine } from './htcondor/htcondor-engine.ts'
import { JobWatch } from './jobs/job-watch.ts'
import { kubernetesEngine } from './kubernetes/kubernetes-engine.ts'
import { runAtPlace } from './place-task.ts'
import { placeProblems } from './set-up/place-problems.ts'
import { slurmEngine } from './slurm/slurm-engine.ts'
import { sshEngine } from './ssh/ssh-engine.ts'

/** The places that a home has, and the tasks at them. A task has with it how its place is reached: it ends there also when that is listed no more. */
export function createFleet(home: string, patience: Patience = usualPatience): Places {
  return new Fleet(home, patience)
}

class Fleet implements Places {
  readonly #home: string
  readonly #patience: Patience
  readonly #places: KeptFile<readonly Place[]>
  /** One for all tasks that reach their place in the same way: they share its questions. */
  readonly #engines = new Map<string, { readonly engine: Engine; readonly watch: JobWatch }>()
  readonly #visited = new VisitedPlaces()
  /** The names of the places of the tasks that are followed. */
  readonly #followed = new Map<TaskId, string>()
  readonly #standing = new Map<TaskId, Standing>()
  /** The node that ran a task of a repository last, by place and repository. */
  readonly #nodes = new Map<string, string>()

  constructor(home: string, patience: Patience) {
    this.#home = home
    this.#patience = patience
    this.#places = new KeptFile(placesPath(home), () => listPlaces(home))
  }

  find(name: string): ReturnType<Places['find']> {
    return findPlace(this.#home, name)
  }

  list(): Promise<readonly Place[]> {
    return this.#places.get()
  }

  room({ name, kind }: Place): Room {
    const there = [...this.#followed].flatMap(([id, at]) => (at === name ? [this.#standing.get(id)] : []))
    if (there.some((standing) => standing?.kind === 'away')) return 'away'
    if (there.some((standing) => standing?.kind === 'waits')) return 'full'
    return kind === 'ssh' && there.length >= slotCount ? 'full' : 'free'
  }

  standing(id: TaskId): Standing | undefined {
    return this.#standing.get(id)
  }

  async problems(name: string, signal: AbortSignal): ReturnType<Places['problems']> {
    return await placeProblems(await this.find(name), signal)
  }

  look(task: Task, signal: AbortSignal): ReturnType<Places['look']> {
    return lookAtPlace(task, this.#visited, signal)
  }

  async bringRest(task: Task, keep: RestWish['keep'], signal: AbortSignal): Promise<boolean> {
    const { place } = task
    if (!place) throw new Error(`Task ${task.id} has no place`)
    return await bringRest({ ...this.#engineOf(place), patience: this.#patience, task, place, keep }, signal)
  }

  async run(run: PlacedRun): Promise<RunEnd> {
    const { id, place, repoPath } = run.record.task
    if (!place) throw new Error(`Task ${id} has no place`)
    const store = `${place.name}\0${repoPath}`
    this.#followed.set(id, place.name)
    try {
      return await runAtPlace(run, {
        ...this.#engineOf(place),
        patience: this.#patience,
        visited: this.#visited,
        near: this.#nodes.get(store) ?? null,
        onStanding: (standing) => void this.#standing.set(id, standing),
      })
    } finally {
      this.#followed.delete(id)
      this.#standing.delete(id)
      const { node } = run.record.task
      if (node !== null) this.#nodes.set(store, node)
    }
  }

  #engineOf({ seat, ...place }: TaskPlace): { readonly engine: Engine; readonly watch: JobWatch } {
    const homeKey = homeKeyOf({ seat })
    const key = JSON.stringify([homeKey, place])
    const known = this.#engines.get(key)
    if (known) return known
    const engine = engineOf(place, homeKey)
    const made = { engine, watch: new JobWatch(engine) }
    this.#engines.set(key, made)
    return made
  }
}

function engineOf(place: Place, homeKey: string): Engine {
  switch (place.kind) {
    case 'ssh':
      return sshEngine(place, homeKey)
    case 'slurm':
      return slurmEngine(place, homeKey)
    case 'htcondor':
      return htcondorEngine(place, homeKey)
    case 'kubernetes':
      return kubernetesEngine(place, homeKey)
    default:
      return unreachable(place)
  }
}
