import { z } from 'zod'
import { setUpText } from '../../../core/environment/set-up-text.ts'
import { defineOperation } from '../../operation.ts'
import { ownerOf } from '../../owner-of.ts'
import { runOptionShape, runOptions } from '../../run-options.ts'
import { aliasInput } from '../../schemas.ts'

export const setUpRepository = defineOperation({
  name: 'set_up_repository',
  title: 'Set a repository up',
  description:
    'Starts a task whose agent writes a flake.nix or a dev container for the repository, tries it by building and testing the project in it, and ' +
    "commits it. It works with the guest's own tools, and its work waits for the user's review, whatever the policy of the repository. For a repository of " +
    'which run_task says that nothing tells which tools it needs.',
  who: 'both',
  input: z.object({
    repo: aliasInput.describe('Alias of a registered repository, see list_repos; never a path'),
    ...runOptionShape,
  }),
  output: z.looseObject({
    task_id: z.string().optional(),
    error: z.string().optional().describe('Why no task was started'),
  }),
  consumer: 'owner',
  hints: { readOnly: false, destructive: false, idempotent: false },
  call: async ({ repo, ...options }, { tasks, consumer }) => ({
    task_id: await tasks.run({
      ...{ description: setUpText, repo, setsUp: true },
      ...ownerOf(consumer),
      ...runOptions(options),
    }),
  }),
})
