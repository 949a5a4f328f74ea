import type { Prompt } from '../prompt.ts'

export const fanOut: Prompt = {
  name: 'fan_out',
  title: 'Fan a plan out into tasks',
  description: 'Cuts a plan into independent tasks, runs them side by side in machines, and sees them to their ends',
  arguments: [
    { name: 'plan', description: 'What is to be done, or where it is written', required: true },
    { name: 'repo', description: 'Alias of a registered repository; left out, the model chooses', required: false },
  ],
  async text({ plan = '', repo = '' }, tasks) {
    const known = (await tasks.repositories()).map(({ alias, path }) => `- ${alias}: ${path}`)
    return `Carry out this plan with microvm-orchestrator:

${plan}

Registered repositories:
${known.length > 0 ? known.join('\n') : '(none: the user registers one with microvm-orchestrator allow PATH)'}
${repo.trim() ? `Work on: ${repo.trim()}\n` : ''}
1. Read what you need of the repository. Cut the plan into pieces that can be done at the same time: each touches files of its own,
   none waits for another's result. What depends on something comes in a later round.
2. Show the user the pieces, one line each, and wait for their word.
3. Call run_task for all pieces of a round before you wait for any. Agents see nothing but committed files and their text: write down
   in each what to change and where, what not to touch, how to check it, and that the work is to be committed.
4. Call wait_next_event until every task of the round has ended. Look at both result and merge_result.
5. Work that collides: resolve_task, and wait for that one too. Work that failed: read why, mend the text, run it again once; after
   that tell the user. What waits for the user's review is theirs.
6. Start the next round only when this one is on the branch. At the end, say in a few lines what was done, what is not, and what it cost.`
  },
}
