import { expect, test } from 'vitest'
import type { MachineExit, SlotId } from '../../../main/core/task/task.ts'
import { silentLog } from '../../../main/lib/log.ts'
import { ClosingMachines } from '../../../main/tasks/run/closing-machines.ts'

function machine() {
  const { promise, resolve } = Promise.withResolvers<MachineExit>()
  const end = async (): Promise<void> => resolve({ kind: 'stopped' })
  return { exited: promise, powerOff: end, end }
}

const [first, second] = [1, 2] as [SlotId, SlotId]

test('a machine holds its name and the disks of its slot until it is off, and no other slot', async () => {
  const closing = new ClosingMachines(silentLog)
  const one = machine()
  closing.add('one', first, one)
  closing.add('adopted', null, machine())
  expect([closing.has('one'), closing.has('two')]).toEqual([true, false])
  await closing.slotIsFree(second)
  await closing.gone('two')
  const order: string[] = []
  const free = closing.slotIsFree(first).then(() => order.push('slot'))
  const gone = closing.gone('one').then(() => order.push('name'))
  order.push('off')
  await one.end()
  await Promise.all([free, gone])
  expect(order[0]).toBe('off')
  expect(closing.has('one')).toBe(false)
})

test('a guest that does not power off is ended', async () => {
  const closing = new ClosingMachines(silentLog, 1)
  const stuck = machine()
  closing.add('stuck', first, stuck)
  await closing.slotIsFree(first)
  expect(await stuck.exited).toEqual({ kind: 'stopped' })
})
