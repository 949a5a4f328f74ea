import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { startScriptedApi } from '../support/claude/scripted-api.ts'
import { bash, say, type Turn } from '../support/claude/scripted-turn.ts'
import { startOrchestra } from '../support/faults/orchestra.ts'
import { gitIn } from '../support/git/repositories.ts'
import { taskId } from '../support/tasks.ts'
import { until } from '../support/until.ts'

const waitForGo = bash('until [ -e .git/go ]; do sleep 0.2; done')
const commit = (name: string, says: string) =>
  bash(`echo ${name} >${name} && git add ${name} && git commit -qm 'Add ${name}' && echo ${says}`)

const slowly = (text: string): Turn => ({ ...say(text), delayMs: 1500 }) as Turn

test('an agent in a machine is interrupted, told more in a tool, in a text and while it waits, each once, and forked when it is merged', async () => {
  const asked = Promise.withResolvers<void>()
  const writes = Promise.withResolvers<void>()
  const heard: (readonly string[])[] = []
  await using api = await startScriptedApi({
    scripts: {
      steered: ({ texts, results }) => {
        asked.resolve()
        heard.push(texts)
        const has = (what: string) => texts.some((text) => text.includes(what))
        const isDone = (what: string) => results.some(({ text }) => text.includes(what))
        if (has('Another way')) return isDone('forked') ? say('Another way is done.') : commit('way', 'forked')
        if (has('Are you there')) return say('Still here.')
        if (has('Red, too')) return say('Red as well.')
        if (!has('Make it blue')) return bash('sleep 100000')
        if (!has('Green as well')) return waitForGo
        if (!isDone('committed')) return commit('colours', 'committed')
        writes.resolve()
        return slowly('This is a long text on colours, which takes its time to be written. '.repeat(3))
      },
    },
  })
  const orchestra = await startOrchestra({ apiUrl: api.url, repositories: { project: { 'README.md': 'A project\n' } } })
  const { client, command, home } = orchestra
  const { task_id: id } = await client.call('run_task', {
    ...{ repo: 'project', description: 'Paint it. [script: steered]', hold_ms: 3_600_000, client: 'me' },
  })
  const messages = async () => (await client.call('get_task_info', { task_id: id })).messages ?? []
  const state = async (index: number) => (await messages())[index]?.state
  const idle = async () => {
    const event = await client.call('wait_next_event', { client: 'me' })
    return 'said' in event ? [event.type, event.said] : event
  }
  await asked.promise
  expect(await command('interrupt', id)).toMatchObject({ exitCode: 0 })
  await until(async () => (await state(0)) === 'answered')
  expect(await idle()).toEqual(['idle', null])
  expect(await command('tell', id, 'Make it blue')).toMatchObject({ exitCode: 0 })
  await until(async () => (await state(1)) === 'delivered')
  const { message_id } = await client.call('send_message', { task_id: id, text: 'Green as well' })
  const { console, repo } = taskFiles(home, taskId(id))
  await until(async () => (await readFile(console, 'utf8')).includes(`a message for claude: ${message_id}`))
  await writeFile(join(repo, '.git', 'go'), '')
  await writes.promise
  await client.call('send_message', { task_id: id, text: 'Red, too' })
  expect(await idle()).toEqual(['idle', 'Red as well.'])
  await client.call('send_message', { task_id: id, text: 'Are you there?' })
  expect(await idle()).toEqual(['idle', 'Still here.'])
  expect(await command('finish', id)).toMatchObject({ exitCode: 0 })
  const ended = await orchestra.until(id, 'finished')
  expect(ended).toMatchObject({
    ...{ status: 'completed', result: { summary: 'Still here.' }, merge_result: { merged: true, commits: 1 } },
    messages: ['interrupt', 'text', 'text', 'text', 'text', 'finish'].map((kind) => ({ kind, state: 'answered' })),
  })
  const last = heard.at(-1) ?? []
  const told = ['Make it blue', 'Green as well', 'Red, too', 'Are you there']
  for (const text of told)
    expect(
      last.filter((each) => each.includes(text)),
      text,
    ).toHaveLength(1)

  const forkId = (await command('fork', id, 'Another way')).stdout.trim()
  expect(await orchestra.until(forkId, 'waiting')).toMatchObject({ said: 'Another way is done.' }) // It is held like the first.
  expect(await command('finish', forkId)).toMatchObject({ exitCode: 0 })
  const fork = await orchestra.until(forkId, 'finished')
  expect(fork).toMatchObject({
    ...{ status: 'completed', forked_from: id, result: { summary: 'Another way is done.' } },
    merge_result: { merged: true, commits: 1 },
  })
  expect(heard.at(-1)?.filter((each) => told.some((text) => each.includes(text)))).toHaveLength(told.length)
  const cost = (view: typeof fork) => view.result?.cost_usd ?? 0
  expect(cost(fork)).toBeGreaterThan(0)
  expect(cost(fork)).toBeLessThan(cost(ended))
  expect(await gitIn(orchestra.pathOf('project'), ['log', '-2', '--format=%s %an'])).toBe(
    `Add way Claude Task (${fork.task_id})\nAdd colours Claude Task (${id})`,
  )
})
