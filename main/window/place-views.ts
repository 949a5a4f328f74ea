import type { PlaceView } from '../../preload/places.ts'
import { slotCount } from '../core/task/task.ts'
import type { Tasks } from '../tasks/contract.ts'
import { placeOf } from './queue-place.ts'

/** The other machines that run tasks, and what each has of this host's. */
export async function placeViews(
  tasks: Pick<Tasks, 'places' | 'list' | 'queuePosition' | 'readiness' | 'landing'>,
): Promise<readonly PlaceView[]> {
  const [places, all] = [await tasks.places(), await tasks.list()]
  return places.map(({ name, kind }) => {
    const there = all.filter(({ place, state }) => place?.name === name && state.phase !== 'finished')
    const waiting = there.filter(({ state }) => state.phase === 'queued').length
    return {
      ...{ name, kind, host: null, job: {}, running: there.length - waiting, waiting, away: null },
      free: Math.max(0, slotCount - there.length),
      tasks: there.map((task) => ({ id: task.id, node: null, why: placeOf(task, tasks).blocked })),
    }
  })
}
