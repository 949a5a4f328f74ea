import { expect, test } from 'vitest'
import { mergeTask } from '../../main/api/operations/merge-task.ts'
import { acceptTask } from '../../main/api/operations/review/accept-task.ts'
import type { MergeOutcome, Selection } from '../../main/core/merge/merge.ts'
import type { Tasks } from '../../main/tasks/contract.ts'
import { callOperation } from '../../main/window/operation-calls.ts'
import { requestSchemas } from '../../main/window/requests.ts'

const id = '0123abcd'
const never = new AbortController().signal
const outcomes: readonly MergeOutcome[] = [
  { kind: 'merged', method: 'rebase', commits: 2, branch: 'main', from: '3c91e04', to: 'a41c0d2', kept: 1 },
  { kind: 'unchanged', branch: 'main' },
  { kind: 'unmerged', reason: 'conflicts', files: ['a.txt'], detail: 'Commit 1 of 2 does not apply to main' },
]

/** Tasks whose merges all end so; `asked` has what a person wished. */
function tasksThatMerge(outcome: MergeOutcome): { readonly tasks: Tasks; readonly asked: unknown[] } {
  const asked: unknown[] = []
  const answer = (wish: unknown) => {
    asked.push(wish)
    return Promise.resolve(outcome)
  }
  const tasks = {
    merge: (_id: string, by: string) => answer({ by }),
    reviews: { accept: (_id: string, selection: Selection) => answer(selection) },
  }
  return { tasks: tasks as unknown as Tasks, asked }
}

const context = (tasks: Tasks) => ({
  ...({ tasks, by: 'person', consumer: null, signal: never } as const),
  ...{ progress: null, progressIntervalMs: 1_000, delivered: Promise.resolve(true) },
})

test.each(outcomes)('the window is answered as every other caller when a merge ends as $kind', async (outcome) => {
  const { tasks, asked } = tasksThatMerge(outcome)
  const merged = await callOperation('mergeTask', { id }, tasks, never)
  expect(merged).toEqual(await mergeTask.call({ task_id: id }, context(tasks)))
  expect(asked).toEqual([{ by: 'person' }, { by: 'person' }])
  const accepted = await callOperation('acceptTask', { id }, tasks, never)
  expect(accepted).toEqual(await acceptTask.call({ task_id: id, messages: {} }, context(tasks)))
})

test('what a person chose among the commits reaches the merge under the names of the operation', async () => {
  const { tasks, asked } = tasksThatMerge({ kind: 'unchanged', branch: 'main' })
  const wish = { id, only: ['a41c0d2'], messages: { a41c0d2: 'Say it better' } }
  expect(requestSchemas.acceptTask.parse(wish)).toEqual(wish)
  await callOperation('acceptTask', wish, tasks, never)
  expect(asked).toEqual([{ only: ['a41c0d2'], messages: { a41c0d2: 'Say it better' } }])
})

test.each([{ id, commits: ['a41c0d2'] }, { id, only: 'a41c0d2' }, { task_id: id }])(
  'the window may not accept with %j',
  (request) => {
    expect(requestSchemas.acceptTask.safeParse(request).success).toBe(false)
  },
)
