import { z } from 'zod'
import { keyPlaces } from '../../../core/task/task-place.ts'
import { defineOperation } from '../../operation.ts'
import { placeDetails } from '../../place-views.ts'
import { statusSchema } from '../../schemas.ts'

export const listPlaces = defineOperation({
  name: 'list_places',
  title: 'List places',
  description:
    'The other machines and clusters that run tasks for this host, each with the tasks of this host that it has: what runs, what waits there, and why, ' +
    'in the words of the place. run_task takes the name of one as place.',
  who: 'both',
  input: z.object({}),
  output: z.looseObject({
    places: z.array(
      z.looseObject({
        name: z.string(),
        kind: z.enum(['ssh', 'slurm', 'htcondor', 'kubernetes']),
        host: z
          .string()
          .nullable()
          .describe('The host that ssh leads to; null where commands of this host reach the place'),
        job: z
          .record(z.string(), z.string())
          .describe('What its engine is asked for, such as partition, account, qos and constraint'),
        key: z.enum(keyPlaces).describe('Where the API key is while tasks run there: with this host, or at the node'),
        running: z.int(),
        waiting: z.int(),
        free: z
          .int()
          .nullable()
          .describe('How many more tasks of this host fit there; null where an engine decides that'),
        away: z
          .string()
          .nullable()
          .describe('Why it cannot be reached, as far as a task there has noticed; null when it is'),
        tasks: z.array(
          z.looseObject({
            ...{ task_id: z.string(), repo: z.string(), status: statusSchema, phase: z.string() },
            node: z
              .string()
              .nullable()
              .describe('The machine there, by what it calls itself; null before it has begun'),
            waits_because: z
              .string()
              .nullable()
              .describe('Why it waits, in the words of the place; null when it does not'),
          }),
        ),
      }),
    ),
  }),
  hints: { readOnly: true },
  call: async (_input, { tasks }) => ({ places: await placeDetails(tasks) }),
})
