import { z } from 'zod'
import { statusOf } from '../../core/task/view.ts'
import { taskSummary } from '../../tasks/answers.ts'
import { cutText } from '../limits.ts'
import { statusSchema } from '../schemas.ts'
import { defineTool } from '../tool.ts'

const descriptionLimit = 200
const defaultLimit = 100

export const listTasks = defineTool({
  name: 'list_tasks',
  title: 'List tasks',
  description:
    'The tasks of all repositories, oldest first, with their status: pending, running, completed or failed. Descriptions are ' +
    'shortened; get_task_info has the whole. Use it to find your bearings when you do not know what runs.',
  input: z.object({
    status: statusSchema.optional().describe('Only tasks with this status'),
    repo: z.string().max(200).optional().describe('Only tasks of this repository alias'),
    limit: z.int().min(1).max(200).default(defaultLimit).describe('At most so many, the newest'),
  }),
  output: z.looseObject({
    tasks: z.array(
      z.looseObject({ task_id: z.string(), status: statusSchema, description: z.string(), repo: z.string() }),
    ),
    omitted: z.int().optional().describe('How many older tasks were left out'),
  }),
  hints: { readOnly: true },
  call: async ({ status, repo, limit }, { tasks }) => {
    const all = (await tasks.list()).filter(
      (task) => (status === undefined || statusOf(task.state) === status) && (repo === undefined || task.repo === repo),
    )
    const omitted = Math.max(0, all.length - limit)
    return {
      tasks: all
        .slice(omitted)
        .map((task) => taskSummary(task, tasks.queuePosition(task.id)))
        .map((task) => ({ ...task, description: cutText(task.description, descriptionLimit, 'see get_task_info') })),
      ...(omitted > 0 && { omitted }),
    }
  },
})
