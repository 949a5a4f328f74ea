import { expect, test } from 'vitest'
import type { Task } from '../../../main/core/task/task.ts'
import { isCancelled, untilCancelled } from '../../../main/tasks/run/cancel-task.ts'

const asked = { id: 'aaaaaaaa', state: { phase: 'working' }, stopReason: null } as unknown as Task
const stopping = { ...asked, stopReason: { code: 'cancelled', message: 'Cancelled' } } as Task
const ended = { ...asked, state: { phase: 'finished', outcome: { kind: 'merged' } } } as unknown as Task

function followed() {
  const wakes = new Set<() => void>()
  const seen = { looks: 0, now: asked as Task | undefined }
  const waiting = untilCancelled(asked.id, {
    look: async () => {
      seen.looks++
      return seen.now
    },
    watch: (wake) => {
      wakes.add(wake)
      return () => void wakes.delete(wake)
    },
  })
  const change = (task: Task | undefined) => {
    seen.now = task
    for (const wake of wakes) wake()
  }
  return { waiting, change, seen, watchers: () => wakes.size }
}

test('a cancel looks again when something changed, and at no other time', async () => {
  const { waiting, change, seen, watchers } = followed()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(seen.looks).toBe(1)
  change(asked)
  await new Promise((resolve) => setImmediate(resolve))
  expect(seen.looks).toBe(2)
  change(stopping)
  await waiting
  expect(isCancelled(stopping)).toBe(true)
  expect(watchers()).toBe(0)
})

test('a change while it looks is not lost', async () => {
  const { waiting, change } = followed()
  change(stopping) // The first look is under way and saw the task as it was.
  await waiting
})

test('an end of its own, or of what followed it, is an error', async () => {
  const first = followed()
  first.change(ended)
  await expect(first.waiting).rejects.toMatchObject({ code: 'task-ended' })
  const second = followed()
  second.change(undefined)
  await expect(second.waiting).rejects.toMatchObject({ code: 'interrupted' })
  expect(second.watchers()).toBe(0)
})
