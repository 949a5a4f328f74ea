import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'

export const cleanupTask = defineOperation({
  name: 'cleanup_task',
  title: 'Clean up a task',
  description:
    "Deletes the task's folder (clone, logs, result). Refused while the task runs. The git ref with its commits stays unless " +
    'delete_ref is true: then work that was not merged is lost for good. Work that waits for the user to decide is theirs to clean up.',
  who: 'both',
  input: z.object({
    task_id: taskIdInput,
    delete_ref: z.boolean().default(false).describe('Also delete refs/tasks/ID, the only copy of unmerged work'),
  }),
  output: z.looseObject({ success: z.boolean() }),
  hints: { readOnly: false, destructive: true, idempotent: false },
  call: async ({ task_id, delete_ref: deleteRef }, { tasks, by }) => {
    await tasks.cleanup(requireTaskId(task_id), { deleteRef, by })
    return { success: true as const }
  },
})
