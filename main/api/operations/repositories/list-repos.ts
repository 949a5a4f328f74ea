import { z } from 'zod'
import { landings } from '../../../core/landing/landing.ts'
import { defineOperation } from '../../operation.ts'
import { repositoryViews } from '../../views.ts'

export const listRepos = defineOperation({
  name: 'list_repos',
  title: 'List repositories',
  description:
    'The repositories that tasks may work on, by the alias that run_task takes, with how many tasks each has on record and what they cost. Only the user can register one: ' +
    'microvm-orchestrator allow PATH.',
  who: 'both',
  input: z.object({}),
  output: z.looseObject({
    repos: z.array(
      z.looseObject({
        alias: z.string(),
        path: z.string(),
        added: z.string(),
        tasks: z.int(),
        cost_usd: z.number(),
        egress: z
          .union([z.enum(['open', 'closed', 'default']), z.array(z.string())])
          .describe('What its tasks may reach: a list names the hosts'),
        environment: z
          .string()
          .describe(
            "What its tasks work in: 'auto', 'flake', 'devcontainer', 'tools' that its files ask for, 'plain', or the folder of a flake of the user's",
          ),
        merge: z
          .union([z.enum(['auto', 'review']), z.object({ check: z.string(), minutes: z.number().optional() })])
          .describe(
            'What has to happen before its tasks are merged: nothing, a review by the user, a command that succeeds',
          ),
        places: z
          .union([z.array(z.string()), z.literal('default')])
          .describe(
            'Where its tasks run that name no place, best first; local is this host, default what the settings say',
          ),
        landing: z
          .enum(landings)
          .describe('How checked work comes onto the branch: one task after the other, or several checked at once'),
      }),
    ),
  }),
  hints: { readOnly: true },
  call: async (_input, { tasks }) => ({ repos: repositoryViews(await tasks.repositories(), await tasks.totals()) }),
})
