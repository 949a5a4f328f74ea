import { expect, test } from 'vitest'
import { WorkGate } from '../../../main/tasks/admission/work-gate.ts'

test('work waits until the last call is answered', async () => {
  const calls = new WorkGate()
  const order: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const first = calls.answer(async () => order.push('first answered'))
  const second = calls.answer(async () => {
    await promise
    order.push('second answered')
  })
  const work = calls.quiet().then(() => order.push('work'))
  await first
  setTimeout(resolve, 50)
  await Promise.all([second, work])
  expect(order).toEqual(['first answered', 'second answered', 'work'])
})

test('a call that fails holds nothing back, and one that never ends does so for a while only', async () => {
  const calls = new WorkGate()
  await expect(calls.answer(() => Promise.reject(new Error('refused')))).rejects.toThrow('refused')
  await calls.quiet()
  void calls.answer(() => new Promise(() => undefined))
  await calls.quiet()
})
