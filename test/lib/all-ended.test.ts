import { expect, test } from 'vitest'
import { allEnded } from '../../main/lib/all-ended.ts'

test('a failure is told when nothing goes on any more', async () => {
  const order: string[] = []
  const slow = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push('slow')
  }
  const waited = allEnded([Promise.reject(new Error('first')), slow()]).catch((error: Error) =>
    order.push(error.message),
  )
  await waited
  expect(order).toEqual(['slow', 'first'])
})
