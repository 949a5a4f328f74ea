import fc from 'fast-check'
import { expect, test } from 'vitest'
import { choosePlace, parsePlaceOrder, type Room } from '../../../main/core/task/place-order.ts'

const names = ['local', 'desk', 'cluster', 'lab'] as const
const orders = fc.shuffledSubarray([...names], { minLength: 1 }).map((order) => order as [string, ...string[]])
const rooms = fc.record({
  local: fc.constantFrom<Room>('free', 'full', 'away'),
  desk: fc.constantFrom<Room>('free', 'full', 'away'),
  cluster: fc.constantFrom<Room>('free', 'full', 'away'),
  lab: fc.constantFrom<Room>('free', 'full', 'away'),
})
const chosen = (order: [string, ...string[]], room: Readonly<Record<string, Room>>, mayWaitHere: boolean) =>
  choosePlace(order, { roomOf: (name) => room[name] ?? 'away', mayWaitHere })

test('a task goes where it may, and to the first that has room if any has', () => {
  fc.assert(
    fc.property(orders, rooms, fc.boolean(), (order, room, mayWaitHere) => {
      const place = chosen(order, room, mayWaitHere)
      expect(order).toContain(place)
      const free = order.filter((name) => room[name as keyof typeof room] === 'free')
      if (free.length > 0) expect(place).toBe(free[0])
    }),
  )
})

test('a task does not go to a place that is away while it could wait at another one', () => {
  fc.assert(
    fc.property(orders, rooms, (order, room) => {
      const isAway = (name: string) => room[name as keyof typeof room] === 'away'
      if (!order.every(isAway)) expect(isAway(chosen(order, room, true))).toBe(false)
    }),
  )
})

test('what comes after the chosen one has no say', () => {
  fc.assert(
    fc.property(orders, rooms, fc.boolean(), (order, room, mayWaitHere) => {
      const place = chosen(order, room, mayWaitHere)
      const upTo = order.slice(0, order.indexOf(place) + 1) as [string, ...string[]]
      if (room[place as keyof typeof room] === 'free') expect(chosen(upTo, room, mayWaitHere)).toBe(place)
    }),
  )
})

test('a full host refuses a task that may not wait only where no place takes it', () => {
  const full = { local: 'full', desk: 'full' } as const
  expect(chosen(['local', 'desk'], full, false)).toBe('desk')
  expect(chosen(['local', 'desk'], full, true)).toBe('local')
  expect(chosen(['local'], full, false)).toBe('local')
  expect(chosen(['desk', 'local'], { local: 'full', desk: 'away' }, false)).toBe('desk')
})

test.each([
  ['desk', ['desk']],
  ['local, desk,cluster', ['local', 'desk', 'cluster']],
  ['', undefined],
  ['desk,', undefined],
  ['desk,desk', undefined],
  ['Desk', undefined],
  ['-o', undefined],
])('%j is read as %j', (text, order) => {
  expect(parsePlaceOrder(text)).toEqual(order)
})
