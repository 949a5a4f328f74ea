import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { registerRepository } from '../../main/settings/repositories.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type Script, say, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { commitFiles, gitIn, statusOf, subjectsOf } from '../support/git/repositories.ts'

const change = "printf 'By the task.\\n' >README.md && git commit -qam 'Change the README'"
const settle =
  "grep -q '^<<<<<<< ' README.md && printf 'By both.\\n' >README.md && git add README.md && GIT_EDITOR=true git rebase --continue"

test('Claude Code in a machine resolves what collides; it is checked there, both tasks are merged, and the words that it replaced stay until they are dropped', async () => {
  let moveBranch = async (): Promise<void> => undefined
  // The task that resolves is told the other one's text, and with it the name of this script.
  const agent: Script = sequence(
    async () => {
      await moveBranch()
      return bash(`if [ -d .git/rebase-merge ]; then ${settle}; else ${change}; fi`)
    },
    () => say('Done.'),
  )
  await using api = await startScriptedApi({ scripts: { agent } })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'README.md': 'A project.\n' } },
  })
  const repo = orchestra.pathOf('project')
  const { client } = orchestra
  moveBranch = async () => {
    await commitFiles(repo, { 'README.md': 'By the user.\n' }, 'My own words')
    moveBranch = async () => undefined
  }

  const original = await client.call('run_task', { repo: 'project', description: 'Say who made it. [script: agent]' })
  expect(await client.call('wait_next_event', { timeout_ms: 300_000 })).toMatchObject({
    task_id: original.task_id,
    merge_result: { merged: false, reason: 'conflicts', conflicts: ['README.md'] },
  })

  const check = 'cat README.md; pwd; touch left-behind; test -z "$ANTHROPIC_API_KEY"'
  await registerRepository(orchestra.home, { path: repo, check })
  const resolver = await client.call('resolve_task', { task_id: original.task_id })
  expect(await client.call('wait_next_event', { timeout_ms: 300_000 })).toMatchObject({
    task_id: resolver.task_id,
    result: { success: true, check: { exit_code: 0, output: expect.stringContaining('By both.\n/workspace/repo\n') } },
    merge_result: { merged: true, commits: 1 },
  })
  // Neither side has the line that it wrote, so nothing proves that the task's own commit is in what was merged: that stays at its ref.
  const ref = `refs/tasks/${original.task_id}`
  expect(await client.call('get_task_info', { task_id: original.task_id })).toMatchObject({
    merge_result: { merged: true, through: resolver.task_id, kept: 1, task_ref: ref },
    task_ref: ref,
  })
  expect(await subjectsOf(repo)).toEqual(['Change the README', 'My own words', 'Start'])
  expect(await readFile(join(repo, 'README.md'), 'utf8')).toBe('By both.\n')
  expect(await statusOf(repo)).toBe('')
  expect(await gitIn(repo, ['for-each-ref', '--format=%(refname) %(subject)', 'refs/tasks'])).toBe(
    `${ref} Change the README`,
  )
  expect(await gitIn(repo, ['show', `${ref}:README.md`])).toBe('By the task.')
  // Until a person, who has seen both, drops it.
  expect(await orchestra.command('cleanup', original.task_id, '--delete-ref')).toMatchObject({ exitCode: 0 })
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
})
