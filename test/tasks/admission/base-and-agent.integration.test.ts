import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import { commitFiles, gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Keeps what it was given, and commits a file that tells what it found. */
const guest = `
set -e
cp $SHARE/environment $SHARE/given
touch $SHARE/started
cd $REPO
ls > found.txt; git add -A; git commit -qm "Say what was there"
echo '${successJson}' > $SHARE/result.json
`

test('a task starts from its base, its agent is what was asked for, and its commits come onto the branch all the same', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await gitIn(repo, ['tag', 'v1'])
  await commitFiles(repo, { 'later.txt': 'later' }, 'Later')
  const limits = { taskTimeoutMs: 600_000 }
  const variables = { ANTHROPIC_MODEL: 'of-the-host', API_TIMEOUT_MS: '1000' }
  await using setup = await startOrchestrator({ root, guest, limits, provisions: { variables } })
  const { orchestrator, home } = setup
  const agent = { model: 'opus', effort: 'low', maxOutputTokens: 1000 } as const
  const id = await orchestrator.run({ description: 'look', repo: 'project', base: 'v1', agent })
  const task = await untilEnded(orchestrator, id)
  expect(taskView(task)).toMatchObject({
    base: 'v1',
    model: 'opus',
    effort: 'low',
    merge_result: { merged: true, commits: 1 },
  })
  expect(task.startCommit).toBe(await gitIn(repo, ['rev-parse', 'v1']))
  expect(await subjectsOf(repo)).toEqual(['Say what was there', 'Later', 'Start'])
  expect(await gitIn(repo, ['show', 'main:found.txt'])).not.toContain('later.txt')
  const given = (await readFile(join(home, 'tasks', id, 'share/given'), 'utf8')).split('\0')
  expect(given).toEqual(
    expect.arrayContaining([
      'ANTHROPIC_MODEL=opus',
      'CLAUDE_CODE_EFFORT_LEVEL=low',
      'CLAUDE_CODE_MAX_OUTPUT_TOKENS=1000',
    ]),
  )
  expect(given).toContain('API_TIMEOUT_MS=1000')
  expect(given).not.toContain('ANTHROPIC_MODEL=of-the-host')
})

test('what does not name a base leaves no task behind', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest })
  const asked = setup.orchestrator.run({ description: 'look', repo: 'project', base: 'refs/stash' })
  await expect(asked).rejects.toMatchObject({ code: 'argument-invalid' })
  expect(await setup.orchestrator.list()).toEqual([])
})
