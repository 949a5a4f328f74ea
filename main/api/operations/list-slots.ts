import { z } from 'zod'
import { defineOperation } from '../operation.ts'
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
  }),
  hints: { readOnly: true },
  call: async (_input, { tasks }) => slotsView(tasks.slots(), await tasks.warnings()),
})
