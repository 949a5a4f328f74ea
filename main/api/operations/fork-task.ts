import { z } from 'zod'
import { bounds } from '../../core/bounds.ts'
import { defineOperation } from '../operation.ts'
import { ownerOf } from '../owner-of.ts'
import { runOptionShape, runOptions } from '../run-options.ts'
import { taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'
import { within } from '../within.ts'

const { timeout_ms, max_cost_usd, max_tokens, model, effort, agent } = runOptionShape

export const forkTask = defineOperation({
  name: 'fork_task',
  title: 'Fork a task',
  description:
    'Starts new tasks where one has ended, whatever became of it: the agent of each remembers all that the first one did and was told, and finds its own copy ' +
    'of the clone as that was left. To try several ways, call it once for each text, or with count for several tries of one. The first task stays as it is. ' +
    'Each new one waits for a slot, and is merged and told of like any other; limits are its own, and what the first task cost is not counted again.',
  who: 'both',
  input: z.object({
    task_id: taskIdInput,
    text: z.string().describe('The text that each of the agents gets, as you would answer the report of the first'),
    count: within(z.int(), bounds.forks).default(1).describe('How many tasks to start'),
    ...{ timeout_ms, max_cost_usd, max_tokens, model, effort, agent },
  }),
  output: z.looseObject({
    task_ids: z.array(z.string()).optional(),
    error: z.string().optional().describe('Why no task was started'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ task_id, text, count, ...options }, { tasks, consumer }) => {
    const { caps, agent: choice } = runOptions(options)
    const id = requireTaskId(task_id)
    const request = { text, count, ...ownerOf(consumer), ...(caps && { caps }), ...(choice && { agent: choice }) }
    return { task_ids: [...(await tasks.fork(id, request))] }
  },
})
