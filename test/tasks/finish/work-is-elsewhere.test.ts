import { expect, test } from 'vitest'
import type { Fork, TaskId } from '../../../main/core/task/task.ts'
import { newTask, transition } from '../../../main/core/task/transition.ts'
import { workIsElsewhere } from '../../../main/tasks/finish/work-is-elsewhere.ts'
import { identity } from '../../support/tasks.ts'

const fork: Fork = {
  ...{ task: '0a0b0c0d' as TaskId, startCommit: 'a'.repeat(40), branch: 'main', session: '1', copy: '2' },
  ...{ costUsd: 1, description: 'first', told: [] },
}
const end = { type: 'finished', at: '2026-01-02T03:04:06.000Z', outcome: { kind: 'cancelled' } } as const

test('a task that never had a clone has left nothing, and a fork had one before it began, wherever its clone lies now', async () => {
  expect(await workIsElsewhere(transition(newTask(identity('/nowhere'), '/home'), end))).toBe(true)
  const unplaced = transition(newTask({ ...identity('/nowhere'), fork }, '/home'), end)
  expect(unplaced.startCommit).toBeNull()
  expect(await workIsElsewhere(unplaced)).toBe(false)
})
