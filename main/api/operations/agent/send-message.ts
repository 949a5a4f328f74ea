import { z } from 'zod'
import { messageTimes } from '../../../core/task/message.ts'
import { defineOperation } from '../../operation.ts'
import { taskIdInput } from '../../schemas.ts'
import { requireTaskId } from '../../views.ts'

export const sendMessage = defineOperation({
  name: 'send_message',
  title: 'Tell the agent of a task something',
  description:
    'Has the agent of a task that has not ended read a further text, once, as you would speak to a colleague at work: a correction, an answer, one ' +
    'more thing to do. A task that waits for its slot, or is parked, reads it when it works. What becomes of it is in messages of get_task_info: queued, ' +
    'delivered when the agent has read it, answered at the end of that turn, or lost when the task ended before. To stop what the agent does, call ' +
    'interrupt_task first. After the end of a task call continue_task.',
  who: 'both',
  input: z.object({
    task_id: taskIdInput,
    text: z.string().describe('What the agent is to read'),
    when: z
      .enum(messageTimes)
      .default('next')
      .describe(
        'next: at its next step, such as the end of the tool that it uses; after: once it is done with what it does; now: at once, which ends that tool',
      ),
  }),
  output: z.looseObject({
    task_id: z.string().optional(),
    message_id: z.string().optional().describe('Its id in messages of get_task_info'),
    error: z.string().optional().describe('Why the agent will not read it'),
  }),
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ task_id, text, when }, { tasks }) => {
    const id = requireTaskId(task_id)
    return { task_id: id, message_id: await tasks.tell(id, text, when) }
  },
})
