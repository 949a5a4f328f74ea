import type { TaskId } from '../core/task/task.ts'
import type { Tasks } from '../tasks/contract.ts'
import type { Calls } from './answer-call.ts'
import { callOperation } from './operation-calls.ts'

/** Answers what the window asks about the other machines that run tasks. */
export const placeCalls = (tasks: Tasks): Calls<'places' | 'checkPlace'> => ({
  places: async (request, signal) => {
    const { places } = await callOperation('listPlaces', request, tasks, signal)
    return {
      places: places.map(({ tasks: there, ...place }) => ({
        ...place,
        tasks: there.map(({ task_id, node, waits_because }) => ({ id: task_id as TaskId, node, why: waits_because })),
      })),
    }
  },
  checkPlace: async (request, signal) => {
    const { problems } = await callOperation('checkPlace', request, tasks, signal)
    return { problems }
  },
})
