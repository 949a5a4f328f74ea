import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { ownerOf } from '../owner-of.ts'
import { runOptionShape, runOptions } from '../run-options.ts'
import { taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'

const { timeout_ms, max_cost_usd, max_tokens } = runOptionShape

export const continueTask = defineOperation({
  name: 'continue_task',
  title: 'Continue a task',
  description:
    'Has a task that has ended go on with a further text, whatever became of it: its agent remembers what it did, and finds its clone as it left it, ' +
    'without what came onto the branch since. The task keeps its id, waits for a slot, and ends once more: wait_next_event tells that end, too. New commits ' +
    'are merged by the same rules. Limits are for the whole task. To begin again from the branch as it is now, call retry_task.',
  who: 'both',
  input: z.object({
    task_id: taskIdInput,
    text: z.string().describe('The text that the agent gets, as you would answer its report'),
    ...{ timeout_ms, max_cost_usd, max_tokens },
  }),
  output: z.looseObject({
    task_id: z.string().optional(),
    error: z.string().optional().describe('Why the task does not go on'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ task_id, text, ...options }, { tasks, consumer }) => {
    const id = requireTaskId(task_id)
    const { caps } = runOptions(options)
    await tasks.continue(id, { text, ...ownerOf(consumer), ...(caps && { caps }) })
    return { task_id: id }
  },
})
