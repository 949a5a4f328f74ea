import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hasRoom, memoryLeft } from '../../../main/core/memory.ts'
import { nextToStart, type QueueEntry, queueOrder } from '../../../main/core/task/queue.ts'
import { allSlots, type SlotId } from '../../../main/core/task/task.ts'
import { slot, taskId } from '../../support/tasks.ts'

const entry = (n: number, priority = 0, preferred = 1): QueueEntry => ({
  id: taskId(n.toString(16).padStart(8, '0')),
  priority,
  createdAt: new Date(n * 1000).toISOString(),
  notBefore: null,
  isReady: true,
  preferred: slot(preferred),
})
const entries = fc
  .array(fc.record({ priority: fc.integer({ min: -2, max: 2 }), preferred: fc.integer({ min: 1, max: 10 }) }), {
    maxLength: 12,
  })
  .map((list) => list.map(({ priority, preferred }, n) => entry(n, priority, preferred)))
const slots = fc.subarray([...allSlots])

test('the queue starts by priority, among equals who prefers a free slot, among those the oldest; and drains whole', () => {
  fc.assert(
    fc.property(entries, fc.array(slots, { minLength: 1, maxLength: 40 }), (waiting, chances) => {
      let left: readonly QueueEntry[] =
        fc.sample(fc.shuffledSubarray([...waiting], { minLength: waiting.length }), 1)[0] ?? []
      for (const free of chances) {
        const next = nextToStart(left, free, 0)
        if (free.length === 0 || left.length === 0) {
          expect(next).toBeUndefined()
          continue
        }
        // The model: of all that wait, the least by three keys in this order.
        const key = ({ priority, preferred, createdAt }: QueueEntry) =>
          [-priority + 10, free.includes(preferred) ? 0 : 1, createdAt].join('|')
        const model = left.toSorted((a, b) => (key(a).padStart(40) < key(b).padStart(40) ? -1 : 1))[0]
        expect(next?.id).toBe(model?.id)
        left = left.filter(({ id }) => id !== next?.id)
      }
    }),
  )
})

test('the places are a permutation, by priority and then by age', () => {
  fc.assert(
    fc.property(entries, (waiting) => {
      const order = queueOrder(waiting, 0)
      expect(new Set(order)).toEqual(new Set(waiting))
      order.slice(1).forEach((later, index) => {
        const earlier = order[index]
        if (!earlier) throw new Error('There is one before')
        expect(earlier.priority >= later.priority).toBe(true)
        if (earlier.priority === later.priority) expect(earlier.createdAt < later.createdAt).toBe(true)
      })
    }),
  )
})

test('a free slot goes to the repository that prefers it, not past a higher priority', () => {
  const free: readonly SlotId[] = [slot(4)]
  expect(nextToStart([entry(1, 0, 3), entry(2, 0, 4)], free, 0)).toEqual(entry(2, 0, 4))
  expect(nextToStart([entry(1, 1, 3), entry(2, 0, 4)], free, 0)).toEqual(entry(1, 1, 3))
})

test('a parked task has no place before its time, and from then on the one of its age', () => {
  const parked = { ...entry(1), notBefore: '2026-01-02T03:04:05.000Z' }
  const due = Date.parse(parked.notBefore)
  expect(queueOrder([parked, entry(2)], due - 1)).toEqual([entry(2)])
  expect(nextToStart([parked], allSlots, due - 1)).toBeUndefined()
  expect(queueOrder([parked, entry(2)], due)).toEqual([parked, entry(2)])
  expect(nextToStart([parked, entry(2, 0, 4)], [slot(9)], due)).toEqual(parked)
})

test('memory is left for what running guests may still take, and a lone task always runs', () => {
  expect(memoryLeft(10_000, [{ memoryMiB: 4096, usedMiB: 1000 }])).toBe(6904)
  expect(memoryLeft(10_000, [{ memoryMiB: 4096, usedMiB: 5000 }])).toBe(10_000)
  expect(hasRoom(10_000, [{ memoryMiB: 4096, usedMiB: 1000 }], 6904)).toBe(true)
  expect(hasRoom(10_000, [{ memoryMiB: 4096, usedMiB: 1000 }], 6905)).toBe(false)
  expect(hasRoom(0, [], 4096)).toBe(true)
})
