import { z } from 'zod'
import { defineOperation } from '../../operation.ts'
import { taskIdInput } from '../../schemas.ts'
import { requireTaskId } from '../../views.ts'

export const finishTask = defineOperation({
  name: 'finish_task',
  title: 'Finish a task',
  description:
    'Has a task that waits to be told more (hold_ms, phase waiting) end as if it did not: its agent comes to its end once it is done with all that it ' +
    'was told, and its commits are merged as usual. One that was interrupted and told nothing since ends as failed, with its work kept at refs/tasks/ID. ' +
    'wait_next_event tells the end. To stop an agent at work, call cancel_task.',
  who: 'both',
  input: z.object({ task_id: taskIdInput }),
  output: z.looseObject({ success: z.boolean() }),
  hints: { readOnly: false, destructive: false, idempotent: true },
  call: async ({ task_id }, { tasks }) => {
    await tasks.letFinish(requireTaskId(task_id))
    return { success: true as const }
  },
})
