import { expect, test } from 'vitest'
import type { SlotId } from '../../main/core/task/task.ts'
import { placeOf } from '../../main/window/queue-place.ts'
import { taskId } from '../support/tasks.ts'

const tasks = {
  queuePosition: () => null,
  readiness: () => null,
  landing: () => null,
  overlaps: () => [],
  imageProgress: () => 'Guest image: 40 % packages (3 s)',
}

test('a task whose machine is to start here tells how far the image is, and one at a place, which has its own, does not', () => {
  const boots = (slot: SlotId | null) =>
    placeOf({ id: taskId('a1b2c3d4'), state: { phase: 'booting', slot } }, tasks).boots
  expect(boots(3 as SlotId)).toBe('Guest image: 40 % packages (3 s)')
  expect(boots(null)).toBeNull()
})

test('a task at work says who changes the same, and which one does so most', () => {
  const [one, most] = [taskId('0a0a0a0a'), taskId('0b0b0b0b')]
  const overlaps = () => [
    { task: one, files: { files: ['a'] }, collides: { files: [] } },
    { task: most, files: { files: ['b'] }, collides: { files: ['b'] } },
  ]
  const at = (state: Parameters<typeof placeOf>[0]['state']) =>
    placeOf({ id: taskId('a1b2c3d4'), state }, { ...tasks, overlaps }).overlap
  expect(at({ phase: 'working', slot: 3 as SlotId })).toEqual({
    text: `Changes the same lines of b as task ${most} and 1 more change`,
    with: most,
  })
  expect(at({ phase: 'queued' })).toBeNull()
})

test('work on its way onto the branch says how far it is, of a task at its end and of one that ended before', () => {
  const landing = () => ({ kind: 'waits', position: 2, of: 3 }) as const
  const at = (state: Parameters<typeof placeOf>[0]['state'], way: () => ReturnType<typeof landing> | null = landing) =>
    placeOf({ id: taskId('a1b2c3d4'), state }, { ...tasks, landing: way }).landing
  const ended = { phase: 'finished', slot: null, outcome: { kind: 'cancelled' } } as const
  for (const state of [ended, { phase: 'merging', slot: null } as const]) {
    expect(at(state)).toBe('Waits to come onto the branch, 2 of 3')
    expect(at(state, () => null)).toBeNull()
  }
})
