import { z } from 'zod'
import { bounds } from '../../core/bounds.ts'
import { statusOf } from '../../core/task/view.ts'
import { defineOperation } from '../operation.ts'
import { aliasInput, statusSchema } from '../schemas.ts'
import { cutText } from '../truncate-text.ts'
import { type TaskSummary, taskSummary } from '../views.ts'
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
      }),
    ),
    omitted: z.int().optional().describe('How many older tasks were left out'),
  }),
  hints: { readOnly: true },
  call: async ({ status, repo, limit }, { tasks, by }) => {
    const all = (await tasks.list()).filter(
      (task) => (status === undefined || statusOf(task.state) === status) && (repo === undefined || task.repo === repo),
    )
    const omitted = Math.max(0, all.length - limit)
    const summaries = all.slice(omitted).map((task) => taskSummary(task, tasks))
    return {
      tasks: by === 'person' ? summaries : summaries.map(shortened),
      ...(omitted > 0 && { omitted }),
    }
  },
})

const shortened = (summary: TaskSummary): TaskSummary => ({
  ...summary,
  description: cutText(summary.description, descriptionLimit, 'see get_task_info'),
})
