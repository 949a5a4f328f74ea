import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Hunk } from '../../main/core/merge/file-diff.ts'
import { linesOf, pairsOf } from '../../renderer/diff/diff-rows.ts'
import { tokensOf, withMark } from '../../renderer/diff/highlight.ts'
import { ago, bytes, cost, count, elapsed, isCommand, splitPath, tokens, when } from '../../renderer/format.ts'

test.each([
  [elapsed(0), '0:00'],
  [elapsed(59_999), '0:59'],
  [elapsed(724_000), '12:04'],
  [elapsed(3_753_000), '1:02:33'],
  [elapsed(432_100_000), '5d 0h'],
  [elapsed(-5), '0:00'],
  [tokens(950), '950'],
  [tokens(183_600), '184k'],
  [tokens(999_600), '1.0M'],
  [tokens(1_240_000), '1.2M'],
  [tokens(123_456_789), '123M'],
  [tokens(1_050_000_000), '1.1B'],
  [cost(0), '$0.00'],
  [cost(0.001), '<$0.01'],
  [cost(0.84), '$0.84'],
  [cost(1_234.5), '$1,235'],
  [bytes(0), '0 B'],
  [bytes(1_400), '1.4 kB'],
  [bytes(14.2e9), '14.2 GB'],
  [bytes(999_999), '1.0 MB'],
  [count(1, 'file'), '1 file'],
  [count(1_204, 'file'), '1,204 files'],
])('%s is %s', (shown, expected) => expect(shown).toBe(expected))

test('a time is told by what one needs to know of it', () => {
  const now = new Date(2026, 10, 23, 10, 43).getTime()
  const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).toISOString()
  expect(when(at(2026, 10, 23, 9, 5), now)).toBe('9:05')
  expect(when(at(2026, 10, 22, 23), now)).toBe('Yesterday')
  expect(when(at(2026, 10, 20), now)).toBe('Friday')
  expect(when(at(2026, 2, 1), now)).toBe('1 Mar')
  expect(when(at(2024, 2, 1), now)).toBe('1 Mar 2024')
  expect(ago(at(2026, 10, 23, 10, 42), now)).toBe('1 min')
})

test('a path is parted before its last name', () => {
  expect(splitPath('/home/kim/code')).toEqual(['/home/kim', '/code'])
  expect(splitPath('/code')).toEqual(['', '/code'])
  expect(splitPath('code')).toEqual(['', 'code'])
})

test('a command is told from a sentence', () => {
  expect(isCommand('apt-get install qemu-system-x86')).toBe(true)
  expect(isCommand('microvm-orchestrator setup-token')).toBe(true)
  expect(isCommand('/opt/a-b/microvm-orchestrator.mjs doctor --fix')).toBe(true)
  expect(isCommand("'/home/a b/microvm-orchestrator.mjs' serve")).toBe(true)
  expect(isCommand('Turn on virtualisation in the firmware.')).toBe(false)
})

const hunk: Hunk = {
  oldStart: 10,
  newStart: 12,
  heading: '',
  lines: [
    { kind: ' ', text: 'same' },
    { kind: '-', text: 'const limit = 400;' },
    { kind: '+', text: 'const limit = 300;' },
    { kind: '+', text: 'more' },
    { kind: ' ', text: 'end' },
    { kind: '-', text: 'const a = 1' },
    { kind: '+', text: 'const a = 2' },
  ],
}

test('lines have the numbers of their sides, and a changed line marks what changed', () => {
  const lines = linesOf(hunk)
  expect(lines.map(({ oldLine, newLine }) => [oldLine, newLine])).toEqual([
    [10, 12],
    [11, null],
    [null, 13],
    [null, 14],
    [12, 15],
    [13, null],
    [null, 16],
  ])
  // One line against two stands whole; one against one is marked.
  expect(lines.map(({ mark }) => mark)).toEqual([null, null, null, null, null, [10, 11], [10, 11]])
})

test('side by side, what was taken stands against what came', () => {
  const texts = pairsOf(linesOf(hunk)).map(({ left, right }) => [left?.text, right?.text])
  expect(texts).toEqual([
    ['same', 'same'],
    ['const limit = 400;', 'const limit = 300;'],
    [undefined, 'more'],
    ['end', 'end'],
    ['const a = 1', 'const a = 2'],
  ])
})

test('colours lose no character of a line, whatever is in it', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 1_200, unit: 'binary' }), fc.nat(100), fc.nat(100), (line, one, other) => {
      const parts = withMark(tokensOf(line), [Math.min(one, other), Math.max(one, other)])
      expect(parts.map(({ text }) => text).join('')).toBe(line)
      const marked = parts.filter((part) => part.marked).map(({ text }) => text)
      expect(marked.join('')).toBe(line.slice(Math.min(one, other), Math.max(one, other)))
    }),
  )
})

test('words, texts, numbers and comments are told apart', () => {
  const kinds = (line: string) =>
    tokensOf(line)
      .filter(({ kind }) => kind !== 'plain')
      .map(({ kind, text }) => [kind, text.trim()])
  expect(kinds(`const a = call("x", 5) // note`)).toEqual([
    ['keyword', 'const'],
    ['call', 'call'],
    ['string', '"x"'],
    ['number', '5'],
    ['comment', '// note'],
  ])
  expect(kinds('url = https://example.org/a#b')).toEqual([])
})
