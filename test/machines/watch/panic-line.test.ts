import { expect, test } from 'vitest'
import { hangsInPanic, panicLineOf } from '../../../main/machines/watch/panic-line.ts'

test('a panic line is shown without the control characters that the guest may have put in it', () => {
  const console = 'x\r\n[ 1.2] Kernel panic - not syncing: \x1b[31mbad\x07\r\n[ 1.3] more\r\n'
  expect(panicLineOf(console)).toBe('Kernel panic - not syncing: [31mbad')
  expect(panicLineOf('all is well')).toBeUndefined()
})

test('a panic far along a line that has no end is told from its beginning, and no longer than 500 characters', () => {
  const line = panicLineOf(`${'x'.repeat(1_000)}Kernel panic - not syncing: ${'y'.repeat(1_000)}`)
  expect(line).toMatch(/^Kernel panic - not syncing: y+$/)
  expect(line).toHaveLength(500)
})

test('a kernel hangs when its farewell is the last line, and not when anybody speaks after it or only speaks of it', () => {
  const farewell = '[   12.345678] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\r\n'
  expect(hangsInPanic(`booted\r\n${farewell}`)).toBe(true)
  expect(hangsInPanic(farewell.slice(15))).toBe(true)
  expect(hangsInPanic(`${farewell}microvm: task done\r\n`)).toBe(false)
  expect(hangsInPanic(`microvm: claude says: ${farewell}`)).toBe(false)
  expect(hangsInPanic('')).toBe(false)
})
