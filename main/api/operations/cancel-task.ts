import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'

export const cancelTask = defineOperation({
  name: 'cancel_task',
  title: 'Cancel a task',
  description:
    'Stops a task that has not ended: the machine is asked to power off, then made to. What the agent has done so far is kept at ' +
    'refs/tasks/ID and not merged. The end comes through wait_next_event as type "failed" with an error that starts with "Cancelled". Work that waits to land, or ' +
    'whose check runs for that, is taken out of what lands: the task is completed then, with merge_result.reason "withdrawn", and merge_task brings it there after all.',
  who: 'both',
  input: z.object({ task_id: taskIdInput }),
  output: z.looseObject({ success: z.boolean() }),
  hints: { readOnly: false, destructive: true, idempotent: true },
  call: async ({ task_id }, { tasks }) => {
    await tasks.cancel(requireTaskId(task_id))
    return { success: true as const }
  },
})
