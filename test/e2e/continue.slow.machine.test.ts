import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, type History, type Script, say, type Turn } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn, subjectsOf } from '../support/git/repositories.ts'
import { taskId } from '../support/tasks.ts'

const commit = (name: string): string => `echo ${name} >${name} && git add ${name} && git commit -qm 'Add ${name}'`

/** What the agent does at each of its texts, and that it says when it has. */
const wishes: readonly (readonly [text: string, turn: Turn])[] = [
  ['Begin', bash(`${commit('one')}; echo did Begin`)],
  [
    'Collide',
    bash(`until [ -e .git/go ]; do sleep 0.2; done; echo theirs >README.md; git commit -qam Theirs; echo did Collide`),
  ],
  // Its API refuses it once it has done the half of it.
  ['Without that', bash(`git reset -q --hard HEAD~1; ${commit('two')}; echo did Without that`)],
  ['Again', bash(`${commit('three')}; echo did Again`)],
  [
    'Another way',
    bash(
      `echo way >way-$(od -An -N4 -tx4 /dev/urandom | tr -d ' ') && git add . && git commit -qm 'Add way'; echo did Another way`,
    ),
  ],
]

/** Goes by the last text that it was given, of all that it remembers. */
const agent: Script = ({ texts, results }: History) => {
  const [text = '', turn = say('?')] = wishes.findLast(([wish]) => texts.some((each) => each.includes(wish))) ?? []
  if (!results.some((each) => each.text.includes(`did ${text}`))) return turn
  return text === 'Without that' ? { kind: 'error', status: 401 } : say(`${text}: done.`)
}

test('one task goes on after a merge, a conflict and a failure, in its clone and with all that it remembers, and is then forked three ways', {
  timeout: 1_800_000,
}, async () => {
  await using api = await startScriptedApi({ scripts: { agent } })
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: { 'README.md': 'A project\n' } } })
  const { client, home } = orchestra
  const repo = orchestra.pathOf('project')
  const id = await orchestra.runTask('project', 'Begin. [script: agent]')
  const goesOn = async (text: string) => {
    await client.call('continue_task', { task_id: id, text })
    return await orchestra.until(id, 'finished')
  }
  expect(await orchestra.until(id, 'finished')).toMatchObject({
    ...{ status: 'completed', result: { summary: 'Begin: done.' }, merge_result: { merged: true, commits: 1 } },
  })

  // After a merge, while the user's own branch goes another way.
  await client.call('continue_task', { task_id: id, text: 'Collide' })
  await orchestra.until(id, 'working')
  await appendFile(join(repo, 'README.md'), 'Mine\n')
  await gitIn(repo, ['commit', '-qam', 'Mine'])
  await writeFile(join(taskFiles(home, taskId(id)).repo, '.git', 'go'), '')
  expect(await orchestra.until(id, 'finished')).toMatchObject({
    ...{ result: { summary: 'Collide: done.' }, merge_result: { merged: false, reason: 'conflicts' } },
  })
  // After the conflict, without what collided.
  expect(await goesOn('Without that')).toMatchObject({
    ...{ status: 'failed', error: expect.stringContaining('the API answered 401') },
  })
  // And after the failure.
  const last = await goesOn('Again')
  expect(last).toMatchObject({ status: 'completed', error: null, merge_result: { merged: true, commits: 2 } })
  expect(await subjectsOf(repo, 'main')).toEqual(['Add three', 'Add two', 'Mine', 'Add one', 'Start'])

  const { task_ids } = await client.call('fork_task', { task_id: id, text: 'Another way', count: 3 })
  const forks = await Promise.all(task_ids.map((each) => orchestra.until(each, 'finished')))
  for (const fork of forks) {
    expect(fork).toMatchObject({ status: 'completed', forked_from: id, merge_result: { merged: true, commits: 1 } })
    expect(fork.result?.cost_usd ?? 0).toBeLessThan(last.result?.cost_usd ?? 0)
  }
  const log = await gitIn(repo, ['log', '-3', '--format=%an %s', 'main'])
  expect(log.split('\n').toSorted()).toEqual(task_ids.map((each) => `Claude Task (${each}) Add way`).toSorted())
})
