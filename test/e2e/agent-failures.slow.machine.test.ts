import { expect, test } from 'vitest'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type Script, sequence } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, statusOf, subjectsOf } from '../support/git/repositories.ts'

/** Commits one file, leaves another uncommitted, and is then refused by the API. */
const worksThenMeets = (status: 401 | 429 | 529): Script =>
  sequence(
    () =>
      bash(
        "echo one > committed.txt && git add committed.txt && git commit -qm 'Half the work' && echo two > open.txt",
      ),
    () => ({ kind: 'error', status }),
  )

test('an agent that the API refuses fails with the status, and its commits and open files wait at refs/tasks/ID', async () => {
  const statuses = [401, 429, 529] as const
  const scripts = Object.fromEntries(statuses.map((status) => [`meets-${status}`, worksThenMeets(status)]))
  await using api = await startScriptedApi({ scripts })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    repositories: { project: { 'README.md': 'A project\n' } },
    settings: { onUsageLimit: 'fail' },
  })
  const repo = orchestra.pathOf('project')
  const start = await gitIn(repo, ['rev-parse', 'main'])

  const tasks = await Promise.all(
    statuses.map(async (status) => ({
      status,
      id: await orchestra.runTask('project', `Work. [script: meets-${status}]`),
    })),
  )
  for (const { status, id } of tasks) {
    const view = await orchestra.until(id, 'finished')
    expect(view).toMatchObject({
      status: 'failed',
      error: expect.stringContaining(`the API answered ${status}`),
      result: { success: false, files_changed: ['committed.txt', 'open.txt'] },
      merge_result: { merged: false, reason: 'task_failed', task_ref: `refs/tasks/${id}` },
    })
    expect((await subjectsOf(repo, `refs/tasks/${id}`)).slice(1)).toEqual(['Half the work', 'Start'])
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:open.txt`])).toBe('two')
  }
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(start)
  expect(await statusOf(repo)).toBe('')
  expect((await orchestra.client.call('list_slots', {})).active).toEqual([])
})

test('a repository removed from the list while its task runs gets the commit all the same', async () => {
  await using api = await startScriptedApi()
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: { 'README.md': 'A project\n' } } })
  const id = await orchestra.runTask('project', 'Add the file')
  await orchestra.until(id, 'working')
  expect((await orchestra.command('remove', 'project')).stdout).toBe('Removed: project\n')

  const view = await orchestra.until(id, 'finished')
  expect(view).toMatchObject({
    status: 'completed',
    merge_result: { merged: true, method: 'fast-forward', commits: 1 },
  })
  expect(await subjectsOf(orchestra.pathOf('project'), 'main')).toEqual(['Add HELLO.md', 'Start'])
  await expect(orchestra.runTask('project', 'More')).rejects.toMatchObject({ code: 'repository-unknown' })
  expect((await orchestra.client.call('list_slots', {})).active).toEqual([])
})
