import { expect, test } from 'vitest'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, offlineFlake } from '../support/git/repositories.ts'

/** Tells in the shell's environment what nix found of the repository. */
const seen =
  '(builtins.readFile (self + "/note.txt")) + (if builtins.pathExists (self + "/.git/HEAD") then "history" else "")'
const flake = offlineFlake.replace('PROJECT_SHELL = "entered"', `PROJECT_SHELL = ${seen}`)

test('nix is shown the files of the clone, and not the history that it would copy; the agent has both', async () => {
  const work = 'echo "$PROJECT_SHELL $(git rev-list --count HEAD)" >seen.txt && git add -A && git commit -qm Seen'
  await using api = await startScriptedApi({
    scripts: {
      look: sequence(
        () => bash(work),
        () => say('Looked.'),
      ),
    },
  })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'note.txt': 'files' } },
    flake,
  })
  const id = await orchestra.runTask('project', 'Look. [script: look]')
  expect(await orchestra.until(id, 'finished')).toMatchObject({ merge_result: { merged: true, commits: 1 } })
  expect(await gitIn(orchestra.pathOf('project'), ['show', 'main:seen.txt'])).toBe('files 1')
})
