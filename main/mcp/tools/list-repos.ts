import { z } from 'zod'
import { defineTool } from '../tool.ts'

export const listRepos = defineTool({
  name: 'list_repos',
  title: 'List repositories',
  description:
    'The repositories that tasks may work on, by the alias that run_task takes. Only the user can register one: ' +
    'microvm-orchestrator allow PATH.',
  input: z.object({}),
  output: z.looseObject({
    repos: z.array(z.looseObject({ alias: z.string(), path: z.string(), added: z.string() })),
  }),
  hints: { readOnly: true },
  call: async (_input, { tasks }) => ({ repos: (await tasks.repositories()).map((repository) => ({ ...repository })) }),
})
