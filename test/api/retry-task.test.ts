import { expect, onTestFinished, test } from 'vitest'
import { retryTask } from '../../main/api/operations/retry-task.ts'
import type { Task } from '../../main/core/task/task.ts'
import { silentLog } from '../../main/lib/log.ts'
import { openEventLog } from '../../main/tasks/events/event-log.ts'
import { ScriptedTasks } from '../support/claude/scripted-tasks.ts'
import { taskId } from '../support/tasks.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function start() {
  const events = await openEventLog({ directory: await temporaryFolder(), log: silentLog })
  onTestFinished(() => events[Symbol.asyncDispose]())
  const tasks = new ScriptedTasks(events)
  const consumer = await events.join('client:a', { durable: true })
  const id = await tasks.run({ description: 'Greet', repo: 'project' })
  const context = { tasks, consumer, by: 'client', progress: null, progressIntervalMs: 1000 } as const
  const retry = (options: Partial<Parameters<typeof retryTask.call>[0]> = {}) =>
    retryTask.call(
      { task_id: id, ...options },
      { ...context, delivered: Promise.resolve(true), signal: new AbortController().signal },
    )
  /** Has the record say more than a scripted task's does. */
  const record = (facts: Partial<Task>) => {
    const get = tasks.get.bind(tasks)
    tasks.get = async (each) => ({ ...(await get(each)), ...facts })
  }
  return { tasks, id, retry, record }
}

test('a task that ended runs again with its text, in its repository, for the caller, and stays as it is', async () => {
  const { tasks, id, retry } = await start()
  await tasks.end(id, { error: 'It broke' })
  const before = await tasks.get(id)
  const { task_id } = await retry()
  expect(task_id).not.toBe(id)
  expect(tasks.requests.at(-1)).toEqual({ description: 'Greet', repo: 'project', retries: id, owner: 'client:a' })
  expect(await tasks.get(id)).toEqual(before)
})

test('the limits and the place in the queue are those of the first task, where the call says nothing else', async () => {
  const { tasks, id, retry, record } = await start()
  await tasks.end(id)
  const caps = { timeoutMs: 5000, maxCostUsd: 1, maxTokens: null, silenceTimeoutMs: null }
  record({ caps, queue: { priority: 3 } })
  await retry({ max_cost_usd: 2, priority: -1 })
  expect(tasks.requests.at(-1)).toMatchObject({ caps: { ...caps, maxCostUsd: 2 }, queue: true, priority: -1 })
})

test('a task that sets its repository up does so again', async () => {
  const { tasks, id, retry, record } = await start()
  await tasks.end(id)
  record({ setsUp: true })
  await retry()
  expect(tasks.requests.at(-1)).toMatchObject({ setsUp: true, retries: id })
})

test.for([
  ['one that runs', false, {}, 'task-busy'],
  ['one whose repository is gone', true, { repoPath: '/repositories/gone' }, 'repository-unknown'],
  [
    'one that resolved conflicts',
    true,
    { resolves: { task: taskId('0badcafe'), startCommit: '1', commit: '2', branch: 'main' } },
    'argument-invalid',
  ],
] as const)('%s is refused, and nothing starts', async ([, ended, facts, code]) => {
  const { tasks, id, retry, record } = await start()
  if (ended) await tasks.end(id)
  record(facts)
  await expect(retry()).rejects.toMatchObject({ code })
  expect(tasks.requests).toHaveLength(1)
})

test('the run in place of a task of a plan is one of the plan, and starts from where that one was told to', async () => {
  const { tasks, id, retry, record } = await start()
  await tasks.end(id)
  record({
    plan: { id: 'abababab', name: 'api' },
    after: [taskId('0badcafe')],
    base: { kind: 'branch', branch: 'next' },
  })
  await retry()
  expect(tasks.requests.at(-1)).toMatchObject({
    plan: { id: 'abababab', name: 'api' },
    retries: id,
    base: 'next',
    after: ['0badcafe'],
  })
})

test('a task of a place runs there again, one that is to wait for a slot of this host here, and what only this host has stays here', async () => {
  const { tasks, id, retry, record } = await start()
  await tasks.end(id)
  const desk = {
    kind: 'ssh',
    host: 'desk',
    options: [],
    command: ['/node'],
    seat: `${'0'.repeat(16)}-0a0a0a0a`,
  } as const
  record({ place: { name: 'desk', ...desk } })
  await retry()
  expect(tasks.requests.at(-1)).toMatchObject({ place: 'desk' })
  await retry({ place: 'attic' })
  expect(tasks.requests.at(-1)).toMatchObject({ place: 'attic' })
  await retry({ queue: true })
  expect(tasks.requests.at(-1)).not.toHaveProperty('place')

  record({ queue: { priority: 3 }, holdMs: 1000 })
  await retry({ place: 'attic' })
  expect(tasks.requests.at(-1)).not.toHaveProperty('queue')
  expect(tasks.requests.at(-1)).toMatchObject({ holdMs: 1000 })
})

test('what the agent is to be is that of the first task, setting by setting in place of which the call may say another', async () => {
  const { tasks, id, retry, record } = await start()
  await tasks.end(id)
  await retry({ model: 'opus' })
  expect(tasks.requests.at(-1)).toMatchObject({ agent: { model: 'opus' } })
  record({ agent: { model: 'sonnet', effort: 'low' } })
  await retry({ model: 'opus' })
  expect(tasks.requests.at(-1)).toMatchObject({ agent: { model: 'opus', effort: 'low' } })
  await retry()
  expect(tasks.requests.at(-1)).toMatchObject({ agent: { model: 'sonnet', effort: 'low' } })
})

test('a task at work that is to continue on top of another one is stopped first, and begins after that one', async () => {
  const { tasks, id, retry, record } = await start()
  const other = await tasks.run({ description: 'Other', repo: 'project' })
  record({ base: { kind: 'branch', branch: 'feature' }, after: [taskId('0badcafe')] })
  expect((await tasks.get(id)).state.phase).toBe('working')
  await retry({ on_top_of: other })
  expect((await tasks.get(id)).state.phase).toBe('finished')
  const request = tasks.requests.at(-1)
  expect(request).toMatchObject({ description: 'Greet', retries: id, after: [other] })
  expect(request).not.toHaveProperty('base')
  await expect(retry({ on_top_of: id })).rejects.toMatchObject({ code: 'argument-invalid' })
  await expect(retry({ on_top_of: '0badcafe' })).rejects.toMatchObject({ code: 'task-unknown' })
})
