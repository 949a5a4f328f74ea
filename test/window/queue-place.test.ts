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
