import { z } from 'zod'
import { lengths } from '../../core/bounds.ts'
import { defineOperation } from '../operation.ts'
import { ownerOf } from '../owner-of.ts'
import { runOptionShape, runOptions } from '../run-options.ts'
import { aliasInput } from '../schemas.ts'

const { after: _, ...options } = runOptionShape

export const runPlan = defineOperation({
  name: 'run_plan',
  title: 'Run several tasks in an order',
  description:
    'Starts several tasks of which some come after others, all of them or none: the whole plan is refused where it has a circle, a name twice or one that it does not ' +
    'know. Returns the id of the plan and the ids of its tasks at once. A task waits for the end of those that it comes after, and starts from their result, merged or ' +
    'not; after a failure it waits until that one is run again (retry_task), goes on (continue_task), or is merged. wait_next_event tells each end.',
  who: 'both',
  input: z.object({
    tasks: z
      .array(
        z.object({
          name: z.string().max(40).describe('What the other tasks of the plan call it, such as "schema"'),
          description: z.string().describe('The whole task, as for run_task'),
          repo: aliasInput.describe('Alias of a registered repository, see list_repos'),
          ...options,
          after: z
            .array(z.string().max(lengths.taskId))
            .max(lengths.after)
            .optional()
            .describe('Names of tasks of this plan, or ids of others, that come first'),
        }),
      )
      .min(1)
      .max(lengths.plan)
      .describe('The tasks of the plan, in any order'),
  }),
  output: z.looseObject({
    plan_id: z.string().optional(),
    tasks: z.record(z.string(), z.string()).optional().describe('The id of each task, by its name'),
    error: z.string().optional().describe('Why no task was started'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ tasks: asked }, { tasks, consumer }) => {
    const plan = await tasks.runPlan(
      asked.map(({ name, description, repo, after, ...options }) => ({
        ...{ name, description, repo, ...ownerOf(consumer), ...runOptions(options) },
        ...(after && { after }),
      })),
    )
    return { plan_id: plan.id, tasks: Object.fromEntries(plan.tasks) }
  },
})
