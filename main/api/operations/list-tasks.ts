import { z } from 'zod'
import { bounds } from '../../core/bounds.ts'
import { defineOperation } from '../operation.ts'
import { aliasInput, statusSchema } from '../schemas.ts'
import { cutText } from '../truncate-text.ts'
import { overlapsAmong, type TaskSummary, taskSummary } from '../views.ts'
import { within } from '../within.ts'

const descriptionLimit = 200
const defaultLimit = 100

const filters = {
  status: statusSchema.optional().describe('Only tasks with this status'),
  repo: aliasInput.optional().describe('Only tasks of this repository alias'),
}

export const listTasks = defineOperation({
  name: 'list_tasks',
  title: 'List tasks',
  description:
    'The tasks of all repositories, oldest first, with their status: pending, running, completed or failed. Descriptions are ' +
    'shortened; get_task_info has the whole. Use it to find your bearings when you do not know what runs.',
  who: 'both',
  input: z.object({
    ...filters,
    limit: within(z.int(), bounds.listedTasks).default(defaultLimit).describe('At most so many, the newest'),
  }),
  personInput: z.object({ ...filters, limit: z.int().min(1).default(Number.MAX_SAFE_INTEGER) }),
  output: z.looseObject({
    tasks: z.array(
      z.looseObject({
        ...{ task_id: z.string(), status: statusSchema, description: z.string(), repo: z.string() },
        place: z.string().optional().describe('The other machine that it runs on'),
        waits_because: z.string().optional().describe('Why it waits there, in the words of that'),
      }),
    ),
    overlaps: z
      .array(z.looseObject({ tasks: z.array(z.string()), files: z.array(z.string()), collides: z.array(z.string()) }))
      .optional()
      .describe(
        'Pairs of tasks that change the same files, looked at once a minute while they work; collides names those in which the same lines changed. retry_task with on_top_of has one ' +
          'continue on top of the other',
      ),
    omitted: z.int().optional().describe('How many older tasks were left out'),
  }),
  hints: { readOnly: true },
  call: async ({ status, repo, limit }, { tasks, by }) => {
    const { tasks: shown, omitted } = await tasks.newest({ status, repo, limit })
    const summaries = shown.map((task) => taskSummary(task, tasks))
    const overlaps = overlapsAmong(
      shown.map(({ id }) => id),
      tasks,
    )
    return {
      tasks: by === 'person' ? summaries : summaries.map(shortened),
      ...(overlaps.length > 0 && { overlaps }),
      ...(omitted > 0 && { omitted }),
    }
  },
})

const shortened = (summary: TaskSummary): TaskSummary => ({
  ...summary,
  description: cutText(summary.description, descriptionLimit, 'see get_task_info'),
})
