import { z } from 'zod'
import { lengths } from '../../../core/bounds.ts'
import { mergeView } from '../../../core/task/view.ts'
import { defineOperation } from '../../operation.ts'
import { commitInput, commitMessageInput, taskIdInput } from '../../schemas.ts'
import { requireTaskId } from '../../views.ts'

export const acceptTask = defineOperation({
  name: 'accept_task',
  title: 'Accept a task',
  description: "Merges what waits at a task's ref, or the commits named; the others stay at the ref.",
  who: 'person',
  input: z.object({
    task_id: taskIdInput,
    only: z.array(commitInput).max(lengths.commits).optional().describe('Merge these commits alone'),
    messages: z
      .record(commitInput, commitMessageInput)
      .default({})
      .describe('New messages, by the commit that gets each'),
  }),
  hints: { readOnly: false, idempotent: false },
  call: async ({ task_id, only, messages }, { tasks }) => {
    const id = requireTaskId(task_id)
    return mergeView(id, await tasks.reviews.accept(id, { messages, ...(only && { only }) }))
  },
})
