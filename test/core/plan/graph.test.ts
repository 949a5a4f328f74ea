import { expect, test } from 'vitest'
import { mostInGraph, planGraph } from '../../../main/core/plan/graph.ts'
import type { TaskBrief } from '../../../main/core/task/task-brief.ts'
import { taskId } from '../../support/tasks.ts'

const id = (number: number) => taskId(number.toString(16).padStart(8, '0'))

/** A task that has ended well, unless it says otherwise. */
const brief = (
  number: number,
  more: Partial<TaskBrief> & { readonly comesAfter?: readonly number[] } = {},
): TaskBrief => {
  const { comesAfter = [], ...fields } = more
  const at = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString()
  const state = { phase: 'finished', slot: null, outcome: { kind: 'unchanged' } } as const
  const task = { id: id(number), repoPath: '/p', createdAt: at, state, work: null, merge: null, ...fields }
  return { ...task, ...(comesAfter.length > 0 && { after: comesAfter.map(id) }) } as unknown as TaskBrief
}
const shape = (number: number, tasks: readonly TaskBrief[]) =>
  Object.fromEntries(
    planGraph(id(number), tasks)?.tasks.map(({ task, after }) => [
      Number(`0x${task.id}`),
      after.map((one) => Number(`0x${one}`)),
    ]) ?? [],
  )

test('the graph of a plan has all its tasks, whichever is asked for, and what these come after', () => {
  const plan = (name: string) => ({ plan: { id: 'p', name } })
  const tasks = [
    brief(1),
    brief(2, { ...plan('a'), comesAfter: [1] }),
    brief(3, { ...plan('b'), comesAfter: [2] }),
    brief(4),
  ]
  expect(shape(2, tasks)).toEqual({ 1: [], 2: [1], 3: [2] })
  expect(shape(3, tasks)).toEqual(shape(2, tasks))
  expect(planGraph(id(3), tasks)?.id).toBe('p')
})

test('of a task with no plan the graph has those before and after it, at any distance', () => {
  const tasks = [brief(1), brief(2, { comesAfter: [1] }), brief(3, { comesAfter: [2] }), brief(9)]
  for (const one of [1, 2, 3]) expect(shape(one, tasks)).toEqual({ 1: [], 2: [1], 3: [2] })
  expect(shape(9, tasks)).toEqual({ 9: [] })
})

test('a task that was run again is there once, as its last run, whichever run is asked for', () => {
  const failed = { phase: 'finished', slot: null, outcome: { kind: 'failed', failure: { code: 'x', message: 'x' } } }
  const tasks = [
    brief(1, { state: failed as unknown as TaskBrief['state'] }),
    brief(2, { comesAfter: [1] }),
    brief(3, { retries: id(1) }),
  ]
  expect(shape(1, tasks)).toEqual({ 2: [3], 3: [] })
  expect(shape(3, tasks)).toEqual({ 2: [3], 3: [] })
})

test('a task that is gone is not among what others come after, and has no graph', () => {
  expect(shape(2, [brief(2, { comesAfter: [1] })])).toEqual({ 2: [] })
  expect(planGraph(id(1), [brief(2)])).toBeUndefined()
})

test('more tasks than a page can show are counted', () => {
  const tasks = Array.from({ length: 300 }, (_, at) => brief(at, at > 0 ? { comesAfter: [at - 1] } : {}))
  const graph = planGraph(id(0), tasks)
  expect([graph?.tasks.length, graph?.omitted]).toEqual([mostInGraph, 100])
})
