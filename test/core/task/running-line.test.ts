import { expect, test } from 'vitest'
import { runningLine } from '../../../main/core/task/running-line.ts'
import { newTask } from '../../../main/core/task/transition.ts'
import { identity } from '../../support/tasks.ts'

const began = Date.parse('2026-01-02T03:04:05.000Z')
const task = (id = 'a1b2c3d4') => newTask(identity('/repo', id), '/home')

test.each([
  [4_999, '00:04'],
  [-5, '00:00'],
  [192_000, '03:12'],
  [3_599_000, '59:59'],
  [3_600_000, '1:00:00'],
  [7_384_000, '2:03:04'],
])('after %i ms the line says %s', (ms, clock) => {
  expect(runningLine([task()], began + ms)).toBe(`1 running: a1b2c3d4 queued ${clock}`)
})

test('the first ten are named', () => {
  const many = Array.from({ length: 11 }, (_, at) => task(`0000000${at.toString(16)}`))
  expect(runningLine([], began)).toBe('nothing is running')
  expect(runningLine(many, began)).toMatch(/^11 running: .*00000009 queued 00:00, and 1 more$/)
  expect(runningLine(many.slice(1), began)).toMatch(/0000000a queued 00:00$/)
})
