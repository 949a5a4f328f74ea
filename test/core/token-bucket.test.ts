import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refilled, waitMs } from '../../main/core/token-bucket.ts'

const rate = { burst: 5, perMinute: 60 }

test('what was taken comes back with time, and never more than the burst', () => {
  expect(refilled({ left: 0, atMs: 0 }, rate, 3_000)).toEqual({ left: 3, atMs: 3_000 })
  expect(refilled({ left: 4, atMs: 0 }, rate, 3_600_000)).toEqual({ left: 5, atMs: 3_600_000 })
})

test('after the wait that is told, and not before, one is left', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.99, noNaN: true }), fc.integer({ min: 1, max: 1000 }), (left, perMinute) => {
      const slow = { burst: 5, perMinute }
      const ms = waitMs({ left, atMs: 0 }, slow)
      expect(waitMs(refilled({ left, atMs: 0 }, slow, ms + 1), slow)).toBe(0)
      expect(waitMs(refilled({ left, atMs: 0 }, slow, ms * 0.9), slow)).toBeGreaterThan(0)
    }),
  )
  expect(waitMs({ left: 1, atMs: 0 }, rate)).toBe(0)
})
