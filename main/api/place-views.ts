import { slotCount, type Task } from '../core/task/task.ts'
import type { TaskBrief } from '../core/task/task-brief.ts'
import { asksOf, hostOf, type KeyPlace, type Place, type PlaceKind } from '../core/task/task-place.ts'
import { statusOf, type TaskStatus } from '../core/task/view.ts'
import type { Tasks } from '../tasks/contract.ts'

/** A place as `list_slots` has it. */
export type PlaceCount = { name: string; kind: PlaceKind; running: number; waiting: number }

/** A place as `list_places` has it. */
export interface PlaceDetail extends PlaceCount {
  host: string | null
  job: Record<string, string>
  key: KeyPlace
  free: number | null
  away: string | null
  tasks: PlacedTaskView[]
}

interface PlacedTaskView {
  task_id: string
  repo: string
  status: TaskStatus
  phase: Task['state']['phase']
  node: string | null
  waits_because: string | null
}

/** The other machines that run tasks, with how many they have of this host's. */
export const placeCounts = (places: readonly Place[], tasks: readonly TaskBrief[]): PlaceCount[] =>
  places.map(({ name, kind }) => ({ name, kind, ...countsOf(tasksAt(name, tasks)) }))

export async function placeDetails(tasks: Pick<Tasks, 'find' | 'places' | 'placeStanding'>): Promise<PlaceDetail[]> {
  const [places, all] = [await tasks.places(), await tasks.find({ kind: 'open' })]
  return places.map((place) => {
    const there = tasksAt(place.name, all)
    const standing = there.map(({ id }) => tasks.placeStanding(id))
    const counts = countsOf(there)
    return {
      ...{ name: place.name, kind: place.kind, ...counts },
      host: hostOf(place)?.host ?? null,
      job: { ...asksOf(place) },
      key: place.key ?? 'home',
      free: place.kind === 'ssh' ? Math.max(0, slotCount - counts.running - counts.waiting) : null,
      away: standing.find((each) => each?.kind === 'away')?.why ?? null,
      tasks: there.map(({ id, repo, state, node = null }, index) => {
        const now = standing[index]
        return {
          ...{ task_id: id, repo, status: statusOf(state), phase: state.phase, node },
          waits_because: now?.kind === 'waits' ? now.why : null,
        }
      }),
    }
  })
}

const tasksAt = (name: string, tasks: readonly TaskBrief[]): readonly TaskBrief[] =>
  tasks.filter(({ place, state }) => place?.name === name && state.phase !== 'finished')

function countsOf(there: readonly TaskBrief[]): { readonly running: number; readonly waiting: number } {
  const waiting = there.filter(({ state }) => state.phase === 'queued').length
  return { running: there.length - waiting, waiting }
}
