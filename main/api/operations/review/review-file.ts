import { z } from 'zod'
import { lengths } from '../../../core/bounds.ts'
import { defineOperation } from '../../operation.ts'
import { taskIdInput } from '../../schemas.ts'
import { requireTaskId } from '../../views.ts'

export const reviewFile = defineOperation({
  name: 'review_file',
  title: 'Review a file',
  description: "The lines of one file of a task's work, against where the task started.",
  who: 'person',
  input: z.object({
    task_id: taskIdInput,
    path: z.string().max(lengths.path).describe('The path inside the repository'),
  }),
  hints: { readOnly: true },
  call: ({ task_id, path }, { tasks }) => tasks.reviews.diff(requireTaskId(task_id), path, { kind: 'start' }),
})
