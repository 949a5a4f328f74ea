import { z } from 'zod'
import { defineOperation } from '../../operation.ts'
import { taskIdInput } from '../../schemas.ts'
import { requireTaskId } from '../../views.ts'

export const interruptTask = defineOperation({
  name: 'interrupt_task',
  title: 'Interrupt the agent of a task',
  description:
    'Has the agent of a task stop what it does at this moment, the tool that it uses included, and wait for what send_message tells it next; ' +
    'wait_next_event tells that it is idle. Told nothing for half an hour, or for its hold_ms, the task ends as failed, with its work kept at ' +
    'refs/tasks/ID. To end the task at once, call cancel_task.',
  who: 'both',
  input: z.object({ task_id: taskIdInput }),
  output: z.looseObject({ success: z.boolean() }),
  hints: { readOnly: false, destructive: false, idempotent: true },
  call: async ({ task_id }, { tasks }) => {
    await tasks.interrupt(requireTaskId(task_id))
    return { success: true as const }
  },
})
