import { z } from 'zod'
import { lengths } from '../../core/bounds.ts'
import { defineOperation } from '../operation.ts'

export const cancelPlan = defineOperation({
  name: 'cancel_plan',
  title: 'Stop a plan',
  description:
    'Stops every task of a plan that has not ended, whatever it is doing; what each has made is kept at its ref. Returns the ids of the tasks that it stopped; their ends ' +
    'come as events.',
  who: 'both',
  input: z.object({ plan_id: z.string().min(1).max(lengths.taskId).describe('The id that run_plan returned') }),
  output: z.looseObject({
    cancelled: z.array(z.string()).optional().describe('The ids of the tasks that were stopped'),
    error: z.string().optional(),
  }),
  hints: { readOnly: false, destructive: true, idempotent: true },
  call: async ({ plan_id }, { tasks }) => ({ cancelled: [...(await tasks.cancelPlan(plan_id))] }),
})
