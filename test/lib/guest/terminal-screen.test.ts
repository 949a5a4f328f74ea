import { expect, test } from 'vitest'
import { screenRows } from '../../../main/lib/guest/terminal-screen.ts'

test.each([
  ['lines', 'a\r\nb', ['a', 'b']],
  ['column moves in place of spaces', '\u001b[1mWelcome\u001b[9Gto\u001b[0m', ['Welcome to']],
  ['a repaint of the row above', 'old\r\n\u001b[1A\u001b[2Knew', ['new']],
  ['a repaint that skips what is right already', 'abc\r\u001b[1CX', ['aXc']],
  ['erasing below', 'a\r\nb\r\nc\u001b[2A\r\u001b[J', ['']],
  ['a cleared screen', 'a\r\nb\u001b[2J\u001b[Hc', ['c']],
  ['links and titles', '\u001b]8;id=1;http://x\u0007text\u001b]8;;\u0007', ['text']],
  ['unknown sequences', '\u001b[?2004h\u001b7\u001b[>0qtext\u001b8', ['text']],
  ['a row far below', '\u001b[3Bx', ['', '', '', 'x']],
])('%s', (_, output, rows) => {
  expect(screenRows(output)).toEqual(rows)
})

test('moves far beyond any screen make no screen without end', () => {
  const rows = screenRows('\u001b[9999B\u001b[9999Cx\n'.repeat(1_000))
  expect(rows).toHaveLength(10_000)
  expect(Math.max(...rows.map((row) => row.length))).toBe(1_000)
})
