import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { remembered } from '../../main/lib/cached.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }))
afterEach(() => void vi.useRealTimers())

test('a look serves whoever asks within its time, also while it lasts, and no longer', async () => {
  let looks = 0
  const ask = remembered(async () => ++looks, 1_000)
  expect(await Promise.all([ask(), ask()])).toEqual([1, 1])
  vi.advanceTimersByTime(999)
  expect(await ask()).toBe(1)
  vi.advanceTimersByTime(1)
  expect(await ask()).toBe(2)
})

test('a look that failed is not remembered', async () => {
  let looks = 0
  const ask = remembered(async () => {
    looks += 1
    if (looks === 1) throw new Error('not now')
    return looks
  }, 1_000)
  await expect(ask()).rejects.toThrow('not now')
  expect(await ask()).toBe(2)
})
