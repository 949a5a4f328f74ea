import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { allSlots, type TaskId } from '../../../main/core/task/task.ts'
import { chooseSlot, hashedSlot, SlotPool } from '../../../main/tasks/slots/slot-pool.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const id = (number: number): TaskId => taskId(number.toString(16).padStart(8, '0'))
const openPool = async () => SlotPool.open(join(await temporaryFolder(), 'slot-assignments.json'))

test('a repository prefers the same slot every time, and every slot is somebody’s', () => {
  expect(hashedSlot('/home/me/project')).toBe(hashedSlot('/home/me/project'))
  const seen = new Set(Array.from({ length: 500 }, (_, n) => hashedSlot(`/home/me/${n}`)))
  expect([...seen].sort((a, b) => a - b)).toEqual(allSlots)
})

test('the preferred slot is taken when free, else the lowest free one, else none', () => {
  const slots = fc.constantFrom(...allSlots)
  fc.assert(
    fc.property(slots, fc.uniqueArray(slots), (preferred, taken) => {
      const busy = new Set(taken)
      const chosen = chooseSlot(preferred, busy)
      if (!busy.has(preferred)) return chosen === preferred
      return chosen === allSlots.find((slot) => !busy.has(slot))
    }),
  )
})

test('ten tasks have ten slots; the eleventh is told who has them; a freed slot is given again', async () => {
  const pool = await openPool()
  const leases = allSlots.map((slot) => pool.lease('/same/repo', id(slot)))
  expect(new Set(leases.map(({ slot }) => slot)).size).toBe(10)
  expect(() => pool.lease('/same/repo', id(11))).toThrow(/^All 10 slots are busy: .*00000001 in slot \d+/)
  leases[4]?.[Symbol.dispose]()
  expect(pool.lease('/other/repo', id(11)).slot).toBe(leases[4]?.slot)
})

test('freeing a slot twice does not take it from its next holder', async () => {
  const pool = await openPool()
  const first = pool.lease('/repo', id(1))
  first[Symbol.dispose]()
  pool.lease('/repo', id(2))
  first[Symbol.dispose]()
  expect(pool.list().find(({ slot }) => slot === first.slot)?.taskId).toBe(id(2))
})

test('a slot on loan goes to a task that finds no other, and its holder is told', async () => {
  const pool = await openPool()
  const takenBack: string[] = []
  const loan = pool.lend('/repo', () => takenBack.push('first'))
  expect(loan?.slot).toBe(pool.preferred('/repo'))
  expect(pool.list().every(({ taskId }) => taskId === null)).toBe(true)
  expect(pool.lend('/repo', () => takenBack.push('second'))?.slot).not.toBe(loan?.slot)

  const leases = allSlots.slice(2).map((slot) => pool.lease('/repo', id(slot)))
  expect(leases.map(({ slot }) => slot)).not.toContain(loan?.slot)
  expect(takenBack).toEqual([])
  expect(pool.lease('/repo', id(9)).slot).toBe(loan?.slot)
  expect(takenBack).toEqual(['first'])
  pool.lease('/repo', id(10))
  expect(takenBack).toEqual(['first', 'second'])
  expect(pool.lend('/repo', () => undefined)).toBeUndefined()
})

test('a loan that ended late does not end the next one', async () => {
  const pool = await openPool()
  const first = pool.lend('/repo', () => undefined)
  const task = allSlots.map((slot) => pool.lease('/repo', id(slot))).find(({ slot }) => slot === first?.slot)
  task?.[Symbol.dispose]()
  const takenBack: string[] = []
  const second = pool.lend('/repo', () => takenBack.push('second'))
  expect(second?.slot).toBe(first?.slot)
  first?.[Symbol.dispose]()
  expect(pool.lease('/repo', id(11)).slot).toBe(second?.slot)
  expect(takenBack).toEqual(['second'])
})

test('what a repository was given first is its preference from then on, also for the next process', async () => {
  const path = join(await temporaryFolder(), 'slot-assignments.json')
  const preferred = hashedSlot('/repo')
  const pool = await SlotPool.open(path)
  pool.lease('/somebody', id(1))
  pool.reclaim(
    allSlots.find((slot) => slot !== preferred && pool.list()[slot - 1]?.taskId === null) ?? preferred,
    id(2),
  )
  const { slot } = pool.lease('/repo', id(3))
  await pool.remember('/repo', slot)
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ '/repo': slot })
  expect((await SlotPool.open(path)).lease('/repo', id(4)).slot).toBe(slot)
})

test('a damaged file of preferences is named and left in place', async () => {
  const path = join(await temporaryFolder(), 'slot-assignments.json')
  await writeFile(path, '{"/repo": 11}')
  await expect(SlotPool.open(path)).rejects.toMatchObject({
    code: 'home-unusable',
    message: expect.stringContaining(path),
  })
  expect(await readFile(path, 'utf8')).toBe('{"/repo": 11}')
})
