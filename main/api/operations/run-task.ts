import { z } from 'zod'
import { defineOperation } from '../operation.ts'
import { ownerOf } from '../owner-of.ts'
import { runOptionShape, runOptions } from '../run-options.ts'
import { aliasInput } from '../schemas.ts'

export const runTask = defineOperation({
  name: 'run_task',
  title: 'Run a task',
  description:
    'Starts a coding agent (Claude Code with full rights) in a virtual machine of its own, on its own clone of the repository. ' +
    'Returns the task id at once; the work takes minutes. When it ends, its commits are rebased onto the branch that was ' +
    'checked out, and wait_next_event tells the outcome. Start several tasks before you wait: up to ten run at once. The agent ' +
    'sees only committed files and this description, so write down everything it needs to know, and what done means.',
  who: 'both',
  input: z.object({
    description: z
      .string()
      .describe('The whole task, as you would explain it to a colleague who knows nothing of this conversation'),
    repo: aliasInput.describe('Alias of a registered repository, see list_repos; never a path'),
    ...runOptionShape,
  }),
  output: z.looseObject({
    task_id: z.string().optional(),
    error: z.string().optional().describe('Why no task was started'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ description, repo, ...options }, { tasks, consumer }) => ({
    task_id: await tasks.run({ description, repo, ...ownerOf(consumer), ...runOptions(options) }),
  }),
})
