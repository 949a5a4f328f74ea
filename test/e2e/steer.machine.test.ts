import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn } from '../support/git/repositories.ts'
import { taskId } from '../support/tasks.ts'
import { until } from '../support/until.ts'

const waitForGo = bash('until [ -e .git/go ]; do sleep 0.2; done')
const commit = bash("echo 'blue and green' >colours && git add . && git commit -qm 'Add colours' && echo committed")

test('an agent in a machine is interrupted, told what to do instead, and told more in the middle of a tool, each once', async () => {
  const asked = Promise.withResolvers<void>()
  const heard: (readonly string[])[] = []
  await using api = await startScriptedApi({
    scripts: {
      steered: ({ texts, results }) => {
        asked.resolve()
        heard.push(texts)
        const blue = texts.some((text) => text.includes('Make it blue'))
        const green = texts.some((text) => text.includes('Green as well'))
        if (!blue) return bash('sleep 100000')
        if (!green) return waitForGo
        return results.at(-1)?.text.includes('committed') ? say('Blue and green.') : commit
      },
    },
  })
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: { 'README.md': 'A project\n' } } })
  const id = await orchestra.runTask('project', 'Paint it. [script: steered]')
  await asked.promise
  expect(await orchestra.command('interrupt', id)).toMatchObject({ exitCode: 0 })
  const messages = async () => (await orchestra.client.call('get_task_info', { task_id: id })).messages ?? []
  const state = async (index: number) => (await messages())[index]?.state
  await until(async () => (await state(0)) === 'answered')
  expect(await orchestra.command('tell', id, 'Make it blue')).toMatchObject({ exitCode: 0 })
  await until(async () => (await state(1)) === 'delivered')
  const { message_id } = await orchestra.client.call('send_message', { task_id: id, text: 'Green as well' })
  const { console, repo } = taskFiles(orchestra.home, taskId(id))
  await until(async () => (await readFile(console, 'utf8')).includes(`a message for claude: ${message_id}`))
  await writeFile(join(repo, '.git', 'go'), '')

  expect(await orchestra.until(id, 'finished')).toMatchObject({
    ...{ status: 'completed', result: { summary: 'Blue and green.' }, merge_result: { merged: true, commits: 1 } },
    messages: [{ kind: 'interrupt', state: 'answered' }, { state: 'answered' }, { state: 'answered' }],
  })
  expect(await gitIn(orchestra.pathOf('project'), ['show', 'HEAD:colours'])).toBe('blue and green')
  const last = heard.at(-1) ?? []
  for (const text of ['Make it blue', 'Green as well'])
    expect(
      last.filter((each) => each.includes(text)),
      text,
    ).toHaveLength(1)
})
