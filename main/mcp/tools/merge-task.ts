import { z } from 'zod'
import { AppError } from '../../core/failure.ts'
import type { Task } from '../../core/task.ts'
import { mergeView } from '../../core/view.ts'
import { requireTaskId } from '../../tasks/answers.ts'
import { taskIdInput } from '../schemas.ts'
import { defineTool } from '../tool.ts'

export const mergeTask = defineTool({
  name: 'merge_task',
  title: 'Merge a task again',
  description:
    'Tries again to bring the work that waits at refs/tasks/ID onto the branch: after the user has committed or stashed the changes ' +
    'that were in the way, or to take what a failed or cancelled task left. Nothing is touched unless all of it can be. What waits ' +
    'for the review of the user, or failed their check, is theirs to accept.',
  input: z.object({ task_id: taskIdInput }),
  output: z.looseObject({
    merged: z.boolean(),
    method: z.enum(['fast-forward', 'rebase', 'none']).optional(),
    commits: z.int().optional(),
    reason: z.string().optional(),
    conflicts: z.array(z.string()),
    task_ref: z.string().optional(),
    detail: z.string().optional(),
  }),
  hints: { readOnly: false, idempotent: true },
  call: async ({ task_id }, { tasks }) => {
    const id = requireTaskId(task_id)
    requireNoPerson(await tasks.get(id))
    return { ...mergeView(id, await tasks.merge(id)) }
  },
})

/** @throws AppError('merge-failed') where the repository's policy, or the user, kept the work from being merged by itself. */
function requireNoPerson({ id, merge }: Task): void {
  if (merge?.kind !== 'unmerged' || !['awaiting_review', 'check_failed', 'rejected'].includes(merge.reason)) return
  throw new AppError('merge-failed', `The work of task ${id} is the user's to accept: ${merge.detail}`, {
    hint: `They can: microvm-orchestrator review ${id}`,
  })
}
