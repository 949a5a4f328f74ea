import { expect, test } from 'vitest'
import type { LandingState } from '../../main/core/landing/landing.ts'
import type { Task, TaskId } from '../../main/core/task/task.ts'
import { foldTask } from '../../main/core/task/transition.ts'
import { type WantedTasks, wantedAmong } from '../../main/core/task/wanted-tasks.ts'
import { landingView } from '../../main/window/review/landing-view.ts'
import { eventsOfGoodTask, taskId } from '../support/tasks.ts'

const events = eventsOfGoodTask('/repositories/project')
const until = events.findIndex(({ type }) => type === 'machine-exited') + 1
const merging = foldTask(events.slice(0, until), '/home')

const member = (id: string, more: Partial<Task> = {}): Task => ({ ...merging, id: taskId(id), branch: 'main', ...more })

test('the works that wait for the same branch of a repository are told in the order in which they land, those that ended before too', async () => {
  const own = member('11111111', {
    mergePolicy: { kind: 'check', command: 'npm test' },
    description: 'Greet\nin detail',
  })
  const all = [
    own,
    member('22222222'),
    { ...foldTask(events, '/home'), id: taskId('55555555'), branch: 'main' },
    member('33333333', { branch: 'next' }),
    member('44444444', { repoPath: '/repositories/other' }),
    foldTask(events, '/home'),
  ]
  const states = new Map<string, LandingState>([
    ['11111111', { kind: 'waits', position: 2, of: 3 }],
    ['22222222', { kind: 'checks', position: 1, of: 3, ahead: 0 }],
    ['33333333', { kind: 'checks', position: 1, of: 1, ahead: 0 }],
    ['55555555', { kind: 'waits', position: 3, of: 3 }],
    ['44444444', { kind: 'checks', position: 1, of: 1, ahead: 0 }],
  ])
  const tasks = {
    find: async (wanted: WantedTasks) => wantedAmong(all, wanted),
    landingIds: () => [...states.keys()].map(taskId),
    get: async (id: TaskId) => all.find((task) => task.id === id) ?? own,
    landing: (id: TaskId) => states.get(id) ?? null,
  }
  expect(await landingView(own, tasks)).toEqual({
    ...{ branch: 'main', command: 'npm test' },
    cars: [
      {
        ...{ id: '22222222', title: 'Add a greeting', position: 1, isChecked: true },
        text: 'Its check runs again, on the branch as it is now',
      },
      { id: '11111111', title: 'Greet', position: 2, isChecked: false, text: 'Waits to come onto the branch, 2 of 3' },
      {
        ...{ id: '55555555', title: 'Add a greeting', position: 3, isChecked: false },
        text: 'Waits to come onto the branch, 3 of 3',
      },
    ],
  })
})
