import { expect, test } from 'vitest'
import type { TaskBrief } from '../../main/core/task/task-brief.ts'
import { placeViews } from '../../main/window/place-views.ts'
import { taskId } from '../support/tasks.ts'

const brief = (id: string, phase: string, place?: string) =>
  ({ id: taskId(id), state: { phase }, ...(place && { place: { name: place } }) }) as unknown as TaskBrief

test('each place has its own tasks, what runs and what waits there with the reason', async () => {
  const [runs, waits] = [brief('aaaaaaaa', 'working', 'desk'), brief('bbbbbbbb', 'queued', 'desk')]
  const views = await placeViews({
    places: async () => [
      { name: 'desk', kind: 'ssh' },
      { name: 'attic', kind: 'ssh' },
    ],
    list: async () => [runs, waits, brief('cccccccc', 'finished', 'desk'), brief('dddddddd', 'working')],
    queuePosition: () => null,
    landing: () => null,
    readiness: (id) => (id === waits.id ? { kind: 'waits', for: [runs.id] } : null),
  })
  expect(views).toMatchObject([
    {
      ...{ name: 'desk', running: 1, waiting: 1, free: 8 },
      tasks: [
        { id: runs.id, why: null },
        { id: waits.id, why: `Comes after task ${runs.id}` },
      ],
    },
    { name: 'attic', running: 0, waiting: 0, free: 10, tasks: [] },
  ])
})
