import { z } from 'zod'
import { defineOperation } from '../../operation.ts'
import { taskIdInput } from '../../schemas.ts'
import { requireTaskId, taskInfo } from '../../views.ts'

export const reviewTask = defineOperation({
  name: 'review_task',
  title: 'Review a task',
  description: "The commits and files that wait at a task's ref, and what a merge would do to the branch as it is now.",
  who: 'person',
  input: z.object({ task_id: taskIdInput }),
  hints: { readOnly: true },
  call: async ({ task_id }, { tasks }) => {
    const id = requireTaskId(task_id)
    return { ...(await tasks.reviews.look(id)), task: taskInfo(await tasks.get(id), tasks) }
  },
})
