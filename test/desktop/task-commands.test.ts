import { expect, test } from 'vitest'
import { stopQuestion, type TaskCommand, taskCommand } from '../../main/desktop/task-commands.ts'
import type { TaskRow } from '../../preload/live-state.ts'
import { ended, row, working } from '../support/window/window-rows.ts'

const tasks: readonly TaskRow[] = [
  row('aaaaaaaa', working),
  row('bbbbbbbb', { phase: 'queued', position: 1, blocked: null }),
  row('cccccccc', ended('merged')),
]
const [first, second, third] = tasks.map(({ id }) => id)

async function tried(
  command: TaskCommand,
  confirmed = true,
  failure?: string,
  value: object = { id: 'dddddddd', merged: true },
) {
  const asked: unknown[] = []
  const result = await taskCommand(command, tasks, {
    call: async (name, request) => {
      asked.push([name, request])
      if (failure !== undefined) return { ok: false, failure: { code: failure as never, message: 'No.' } }
      return { ok: true, value }
    },
    confirm: async () => confirmed,
  })
  return { result, asked }
}

test('each command is a call of the window', async () => {
  if (!first || !second || !third) throw new Error('no tasks')
  expect(await tried({ kind: 'merge', id: third })).toEqual({
    result: { kind: 'done' },
    asked: [['mergeTask', { id: third }]],
  })
  expect(await tried({ kind: 'retry', id: third })).toEqual({
    result: { kind: 'started', id: 'dddddddd' },
    asked: [['retryTask', { id: third }]],
  })
  expect((await tried({ kind: 'stop', id: first })).asked).toEqual([['cancelTask', { id: first }]])
  expect((await tried({ kind: 'stop-all' })).asked).toEqual([
    ['cancelTask', { id: first }],
    ['cancelTask', { id: second }],
  ])
})

test('nothing is stopped that the user does not want stopped, or that has ended', async () => {
  if (!first || !third) throw new Error('no tasks')
  expect((await tried({ kind: 'stop-all' }, false)).asked).toEqual([])
  expect((await tried({ kind: 'stop', id: first }, false)).asked).toEqual([])
  expect((await tried({ kind: 'stop', id: third })).asked).toEqual([])
})

test('a refusal is reported, but not that a task came to its end by itself meanwhile', async () => {
  if (!first || !third) throw new Error('no tasks')
  expect((await tried({ kind: 'merge', id: third }, true, 'merge-failed')).result).toEqual({
    ...{ kind: 'refused', title: 'Not merged', body: 'No.' },
  })
  expect((await tried({ kind: 'stop', id: first }, true, 'task-ended')).result).toEqual({ kind: 'done' })
  expect((await tried({ kind: 'stop', id: first }, true, 'home-unusable')).result).toMatchObject({
    title: 'Not stopped',
  })
})

test('a merge that was tried and did not come about is reported with its reason', async () => {
  if (!third) throw new Error('no tasks')
  const answer = {
    merged: false,
    reason: 'local_changes',
    conflicts: [],
    task_ref: 'refs/tasks/cccccccc',
    detail: 'a.txt was changed here',
  }
  const { result } = await tried({ kind: 'merge', id: third }, true, undefined, answer)
  expect(result).toEqual({ kind: 'refused', title: 'Not merged', body: 'a.txt was changed here' })
})

test('the question says which, and how many', () => {
  expect(stopQuestion([row('aaaaaaaa', working, { title: 'Sort it' })]).message).toBe('Stop “Sort it”?')
  expect(stopQuestion(tasks.slice(0, 2)).message).toBe('Stop all 2 tasks, 1 of which waits?')
  expect(stopQuestion([row('aaaaaaaa', working), row('bbbbbbbb', working)]).message).toBe('Stop all 2 tasks?')
})
