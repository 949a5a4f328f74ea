import { expect, test } from 'vitest'
import type { Task } from '../../main/core/task/task.ts'
import type { Tasks } from '../../main/tasks/contract.ts'
import { startAgain } from '../../main/window/start-again.ts'
import { identity, taskId } from '../support/tasks.ts'

const never = new AbortController().signal
const other = taskId('0badcafe')
const started = taskId('00000001')
const ended = { ...identity('/p'), state: { phase: 'finished', slot: null, outcome: { kind: 'unchanged' } } } as const

/** Tasks that start whatever they are asked for; `asked` has what that was. */
function tasksThatStart() {
  const asked: unknown[] = []
  const start =
    (name: string, answer: unknown) =>
    async (...given: unknown[]) => {
      asked.push([name, ...given])
      return answer
    }
  const tasks = {
    ...{ resolve: start('resolve', started), fork: start('fork', [started]), run: start('run', started) },
    ...{
      get: async () => ended,
      repositories: async () => [{ alias: 'project', path: '/p' }],
      watch: () => () => undefined,
    },
  }
  return { asked, tasks: tasks as unknown as Tasks }
}

test('a fork is run again from the task that it went on from, with its own text, limits and agent', async () => {
  const { tasks, asked } = tasksThatStart()
  const own = { caps: { timeoutMs: 60_000 }, agent: { model: 'opus' }, fork: { task: other } }
  expect(await startAgain({ ...ended, ...own } as unknown as Task, {}, tasks, never)).toBe(started)
  const { description } = ended
  expect(asked).toEqual([['fork', other, { text: description, count: 1, caps: own.caps, agent: own.agent }]])
})

test('a resolver is run again for the task whose conflicts it was to resolve', async () => {
  const { tasks, asked } = tasksThatStart()
  const own = { resolves: { task: other }, queue: { priority: 0 } }
  expect(await startAgain({ ...ended, ...own } as unknown as Task, {}, tasks, never)).toBe(started)
  expect(asked).toEqual([['resolve', other, { queue: true }]])
})

test('any other task is run again as the command line would', async () => {
  const { tasks, asked } = tasksThatStart()
  expect(await startAgain(ended as unknown as Task, {}, tasks, never)).toBe(started)
  expect(asked).toMatchObject([['run', { description: ended.description, repo: 'project', retries: ended.id }]])
})

test('on top of another task it comes after that one', async () => {
  const { tasks, asked } = tasksThatStart()
  expect(await startAgain(ended as unknown as Task, { onTopOf: other }, tasks, never)).toBe(started)
  expect(asked).toMatchObject([['run', { description: ended.description, after: [other], retries: ended.id }]])
})
