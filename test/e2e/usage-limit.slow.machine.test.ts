import { expect, test } from 'vitest'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type Script, say, sequence, type Turn } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, statusOf, subjectsOf } from '../support/git/repositories.ts'

/** Half of the work, then what the API does once, then the other half: only an agent that remembers its first half comes there. */
const interrupted = (once: () => Turn): Script => {
  let isOver = false
  return sequence(
    () => bash("echo one > first.txt && git add first.txt && git commit -qm 'First half' && echo two > open.txt"),
    () => {
      if (isOver) return bash("git add -A && git commit -qm 'Second half'")
      isOver = true
      return once()
    },
    () => say('Both halves are done.'),
  )
}

test('real Claude Code at its usage limit gives its slot back, resumes its session in a new machine and is merged', async () => {
  const resetsAt = Math.floor(Date.now() / 1000) + 1
  await using api = await startScriptedApi({
    scripts: { limited: interrupted(() => ({ kind: 'limit', resetsAt })) },
  })
  const orchestra = await startOrchestra({
    apiUrl: api.url,
    key: 'CLAUDE_CODE_OAUTH_TOKEN',
    repositories: { project: { 'README.md': 'A project\n' } },
  })
  const repo = orchestra.pathOf('project')
  const id = await orchestra.runTask('project', 'Work. [script: limited]')
  const parked = await orchestra.until(id, 'parked')
  expect(parked).toMatchObject({ status: 'pending', slot: null, task_ref: `refs/tasks/${id}`, error: null })
  expect(parked.parked_because).toMatch(/usage limit/)
  expect(await gitIn(repo, ['show', `refs/tasks/${id}:open.txt`])).toBe('two')

  const view = await orchestra.until(id, 'finished')
  expect(view).toMatchObject({
    status: 'completed',
    result: { success: true, summary: 'Both halves are done.', files_changed: ['first.txt', 'open.txt'] },
    merge_result: { merged: true, method: 'fast-forward', commits: 2 },
  })
  expect(await subjectsOf(repo)).toEqual(['Second half', 'First half', 'Start'])
  expect(await statusOf(repo)).toBe('')
  // The second agent did not start over: it went on at the turn where the first was refused.
  const turns = api.requests.filter(({ script }) => script === 'limited').map(({ turn }) => turn)
  expect(turns).toEqual([0, 1, 1, 2])
})
