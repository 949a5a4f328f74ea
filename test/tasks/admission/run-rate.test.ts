import { expect, test } from 'vitest'
import { RunRate, ratesOf } from '../../../main/tasks/admission/run-rate.ts'

/** A clock that the test sets. */
function at(rates: ConstructorParameters<typeof RunRate>[0]) {
  let nowMs = 0
  const rate = new RunRate(rates, () => nowMs)
  return {
    rate,
    later: (ms: number) => {
      nowMs += ms
    },
    /** How many a client gets before it is refused, of so many. */
    taken: (client: string, wanted: number) => {
      let count = 0
      try {
        for (; count < wanted; count++) rate.take(client)
      } catch {
        // The first refusal: what was taken until then counts.
      }
      return count
    },
  }
}

test('ten at once, then a fan-out of fifty, pass without a wait', () => {
  const { taken } = at(ratesOf(60))
  expect(taken('session:1', 10)).toBe(10)
  expect(taken('session:1', 50)).toBe(50)
})

test('a client that asks in a loop comes down to its rate, and others go on', () => {
  const { taken, later } = at(ratesOf(60))
  expect(taken('session:1', 1_000)).toBe(100)
  later(60_000)
  expect(taken('session:1', 1_000)).toBe(60)
  expect(taken('session:2', 50)).toBe(50)
})

test('a client that takes a new name each time comes down to the rate of all', () => {
  const { rate, later } = at(ratesOf(60))
  let count = 0
  const loop = () => {
    for (;;) {
      rate.take(`session:${count}`)
      count++
    }
  }
  expect(loop).toThrow(expect.objectContaining({ message: expect.stringMatching(/^All clients together/) }))
  expect(count).toBe(200)
  later(60_000)
  expect(loop).toThrow()
  expect(count).toBe(320)
})

test('a refusal says when to ask again, and that is the time', () => {
  const { rate, taken, later } = at({ perClient: { burst: 2, perMinute: 4 }, overall: { burst: 100, perMinute: 100 } })
  expect(taken('a', 2)).toBe(2)
  expect(() => rate.take('a')).toThrow(expect.objectContaining({ code: 'rate-limited', hint: 'Try again in 15 s' }))
  later(14_000)
  expect(taken('a', 1)).toBe(0)
  later(1_000)
  expect(taken('a', 2)).toBe(1)
})
