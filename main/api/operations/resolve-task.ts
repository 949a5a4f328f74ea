import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { ownerOf } from '../owner-of.ts'
import { taskIdInput } from '../schemas.ts'
import { requireTaskId } from '../views.ts'

export const resolveTask = defineOperation({
  name: 'resolve_task',
  title: "Resolve a task's conflicts",
  description:
    'Starts a task that brings the work of another one, which conflicts with the branch, together with it: its agent finds the clone ' +
    'in the middle of the rebase, with both sides in the conflicting files, and is told what each side meant. Returns the new ' +
    'task_id at once; when that task is merged, the other one counts as merged through it; its ref goes where nothing of it is missing.',
  who: 'both',
  input: z.object({
    task_id: taskIdInput,
    queue: z.boolean().optional().describe('Wait for a slot when all are busy or memory is short, instead of failing'),
  }),
  output: z.looseObject({
    task_id: z.string().optional(),
    error: z.string().optional().describe('Why no task was started'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ task_id, queue }, { tasks, consumer }) => ({
    task_id: await tasks.resolve(requireTaskId(task_id), {
      ...ownerOf(consumer),
      ...(queue !== undefined && { queue }),
    }),
  }),
})
