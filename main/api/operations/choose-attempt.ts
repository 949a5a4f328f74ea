import { z } from 'zod'
import { mergeView } from '../../core/task/view.ts'
import { defineOperation } from '../operation.ts'
import { mergeAnswerSchema, taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'

export const chooseAttempt = defineOperation({
  name: 'choose_attempt',
  title: 'Choose an attempt',
  description:
    'Of several attempts at one task (run_task with attempts), takes this one once all have ended: it is merged as the policy of the repository allows, and what the others ' +
    'made is kept below its refs. get_task_info shows what each made, cost and whether its check succeeded; get_task_diff shows the lines.',
  who: 'both',
  input: z.object({ task_id: taskIdInput }),
  output: mergeAnswerSchema,
  hints: { readOnly: false, idempotent: true },
  call: async ({ task_id }, { tasks, by }) => {
    const id = requireTaskId(task_id)
    return mergeView(id, await tasks.choose(id, by))
  },
})
