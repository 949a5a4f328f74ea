import { z } from 'zod'
import { mergeView } from '../../core/task/view.ts'
import { defineOperation } from '../operation.ts'
import { mergeAnswerSchema, taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'

export const mergeTask = defineOperation({
  name: 'merge_task',
  title: 'Merge a task again',
  description:
    'Tries again to bring the work that waits at refs/tasks/ID onto the branch: after the user has committed or stashed the changes ' +
    'that were in the way, or to take what a failed or cancelled task left. Nothing is touched unless all of it can be. You can merge ' +
    'what the policy of the repository allows: what waits for review, failed the check, changes paths that run by themselves, was ' +
    "left in the middle of an operation, or was rejected is the user's to accept, with microvm-orchestrator review ID.",
  who: 'both',
  input: z.object({ task_id: taskIdInput }),
  output: mergeAnswerSchema,
  hints: { readOnly: false, idempotent: true },
  call: async ({ task_id }, { tasks, by }) => {
    const id = requireTaskId(task_id)
    return mergeView(id, await tasks.merge(id, by))
  },
})
