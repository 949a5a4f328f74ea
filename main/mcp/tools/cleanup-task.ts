import { z } from 'zod'
import { requireTaskId } from '../../tasks/answers.ts'
import { taskIdInput } from '../schemas.ts'
import { defineTool } from '../tool.ts'

export const cleanupTask = defineTool({
  name: 'cleanup_task',
  title: 'Clean up a task',
  description:
    "Deletes the task's folder (clone, logs, result). Refused while the task runs. The git ref with its commits stays unless " +
    'delete_ref is true: then work that was not merged is lost for good. Work that waits for the user to decide is theirs to clean up.',
  input: z.object({
    task_id: taskIdInput,
    delete_ref: z.boolean().default(false).describe('Also delete refs/tasks/ID, the only copy of unmerged work'),
  }),
  output: z.looseObject({ success: z.boolean() }),
  hints: { readOnly: false, destructive: true, idempotent: false },
  call: async ({ task_id, delete_ref: deleteRef }, { tasks }) => {
    await tasks.cleanup(requireTaskId(task_id), { deleteRef, by: 'client' })
    return { success: true }
  },
})
