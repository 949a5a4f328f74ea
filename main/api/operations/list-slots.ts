import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { placeCounts } from '../place-views.ts'
import { slotsView } from '../views.ts'

export const listSlots = defineOperation({
  name: 'list_slots',
  title: 'List slots',
  description:
    'Which of the ten slots run a task, and which are free. run_task fails when none is, unless queue is true.',
  who: 'both',
  input: z.object({}),
  output: z.looseObject({
    max_slots: z.int(),
    active: z.array(z.looseObject({ slot: z.int(), task_id: z.string() })),
    available: z.array(z.int()),
    warnings: z.array(z.string()),
    places: z
      .array(z.looseObject({ name: z.string(), kind: z.string(), running: z.int(), waiting: z.int() }))
      .describe('Other machines that run tasks, with how many of this host they run and have waiting'),
  }),
  hints: { readOnly: true },
  call: async (_input, { tasks }) => ({
    ...slotsView(tasks.slots(), await tasks.warnings()),
    places: placeCounts(await tasks.places(), await tasks.find({ kind: 'open' })),
  }),
})
