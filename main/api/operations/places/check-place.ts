import { z } from 'zod'
import { lengths } from '../../../core/bounds.ts'
import { defineOperation } from '../../operation.ts'

/** A minute at the most where a cluster has no free node. */
export const checkPlace = defineOperation({
  name: 'check_place',
  title: 'Check a place',
  description: 'Asks the doctor of a place what it lacks for a task.',
  who: 'person',
  input: z.object({ place: z.string().min(1).max(lengths.alias).describe('The name of the place') }),
  hints: { readOnly: true },
  /** `problems` has what can be missing, too: `ready` counts what a task cannot do without. */
  call: async ({ place }, { tasks, signal }) => {
    const problems = await tasks.placeProblems(place, signal)
    return {
      ...{ place, ready: problems.every(({ optional }) => optional === true) },
      problems: problems.map(({ message, cure, optional = false }) => ({ message, cure, optional })),
    }
  },
})
