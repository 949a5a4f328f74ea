import { z } from 'zod'
import { bounds } from '../../core/bounds.ts'
import { AppError } from '../../core/failure.ts'
import { modelName } from '../agent-options.ts'
import { defineOperation } from '../operation.ts'
import { ownerOf } from '../owner-of.ts'
import { runOptionShape, runOptions } from '../run-options.ts'
import { aliasInput } from '../schemas.ts'
import { within } from '../within.ts'

const onlyWithAttempts = () =>
  new AppError('argument-invalid', 'models and judge are for several attempts at a task', {
    hint: 'Give attempts too, or model for the one task',
  })

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
    attempts: within(z.int(), bounds.attempts)
      .optional()
      .describe(
        'Give the same task to so many agents, each on its own clone of the same commit. None is merged before one is chosen, with choose_attempt; they wait for slots',
      ),
    models: z
      .array(modelName)
      .min(1)
      .max(bounds.attempts.most)
      .optional()
      .describe('With attempts: the models of their agents, in turn'),
    judge: z
      .boolean()
      .optional()
      .describe(
        'With attempts: when all have ended, another task reads what they made and chooses, and the choice is merged',
      ),
  }),
  output: z.looseObject({
    task_id: z.string().optional().describe('With attempts: of the first'),
    attempts: z.array(z.string()).optional().describe('With attempts: the ids of all, in their order'),
    error: z.string().optional().describe('Why no task was started'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ description, repo, attempts = 1, models, judge, ...options }, { tasks, consumer }) => {
    const request = { description, repo, ...ownerOf(consumer), ...runOptions(options) }
    if (attempts < 2) {
      if (models || judge !== undefined) throw onlyWithAttempts()
      return { task_id: await tasks.run(request) }
    }
    const ids = await tasks.runAttempts({
      ...{ ...request, count: attempts },
      ...(models && { models }),
      ...(judge !== undefined && { judged: judge }),
    })
    const [first] = ids
    if (first === undefined) throw new Error('Attempts are two at least')
    return { task_id: first, attempts: [...ids] }
  },
})
