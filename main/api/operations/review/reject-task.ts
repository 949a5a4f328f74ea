import { z } from 'zod'
import { defineOperation } from '../../operation.ts'
import { taskIdInput } from '../../schemas.ts'
import { requireTaskId } from '../../views.ts'

export const rejectTask = defineOperation({
  name: 'reject_task',
  title: 'Reject a task',
  description: "Puts on record that a task's work is not wanted; it stays at its ref unless drop_ref is true.",
  who: 'person',
  input: z.object({
    task_id: taskIdInput,
    drop_ref: z.boolean().default(false).describe('Also delete refs/tasks/ID, the only copy of unmerged work'),
  }),
  hints: { readOnly: false, destructive: true, idempotent: true },
  call: async ({ task_id, drop_ref: dropRef }, { tasks }) => {
    await tasks.reviews.reject(requireTaskId(task_id), { dropRef })
    return { success: true as const }
  },
})
