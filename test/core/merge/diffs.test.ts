import { expect, test } from 'vitest'
import { type Chunk, composeChunks } from '../../../main/core/merge/conflicts.ts'
import { diffText } from '../../../main/core/merge/diff-text.ts'
import type { FileDiff, Hunk } from '../../../main/core/merge/file-diff.ts'
import { visibleHunks } from '../../../main/core/merge/visible-diff.ts'

const hunk = (...lines: string[]): Hunk => ({
  ...{ oldStart: 3, newStart: 4, heading: 'f()' },
  lines: lines.map((line) => ({ kind: line.charAt(0) as ' ' | '+' | '-', text: line.slice(1) })),
})

test.each<[string, FileDiff, string]>([
  ['a binary file', { kind: 'binary', oldBytes: null, newBytes: 7 }, 'binary, 0 -> 7 bytes\n'],
  ['very many lines', { kind: 'too-large', lines: 9 }, '9 lines differ: too many to show\n'],
  ['nothing but a mode', { kind: 'text', hunks: [] }, 'no line differs\n'],
  [
    'two hunks',
    { kind: 'text', hunks: [hunk(' a', '-b', '+c'), hunk('+d')] },
    '@@ -3 +4 @@ f()\n a\n-b\n+c\n@@ -3 +4 @@ f()\n+d\n',
  ],
])('the text of a diff of %s', (_what, diff, expected) => {
  expect(diffText(diff)).toBe(expected)
})

test.each([
  ['all lines', [' a\r', '+b\r'], ['a', 'b'], false],
  ['one of two lines', [' a\r', '+b'], ['a⟪U+000D⟫', 'b'], true],
  ['no line', [' a', '+b'], ['a', 'b'], false],
])('a return before the break of %s', (_what, lines, texts, hidden) => {
  const seen = visibleHunks([hunk(...lines)])
  expect(seen.hunks[0]?.lines.map(({ text }) => text)).toEqual(texts)
  expect(seen.hidden).toBe(hidden)
})

test('a diff with no lines is not one in which all lines end alike', () => {
  expect(visibleHunks([])).toEqual({ hunks: [], hidden: false })
})

const conflict = (ours: string, theirs: string): Chunk => ({ kind: 'conflict', base: 'base\n', ours, theirs })
const chunks: readonly Chunk[] = [
  { kind: 'merged', text: 'top\n' },
  conflict('a\n', 'b\n'),
  { kind: 'merged', text: 'middle\n' },
  conflict('c', 'd\r\n'),
]

test.each([
  [['ours', 'theirs'], 'top\na\nmiddle\nd\r\n'],
  [['neither', 'ours-theirs'], 'top\nmiddle\nc\r\nd\r\n'],
  [['theirs-ours', 'base'], 'top\nb\na\nmiddle\nbase\n'],
  [['ours'], undefined],
  [['ours', 'ours', 'ours'], undefined],
] as const)('the picks %j make the file', (picks, expected) => {
  expect(composeChunks(chunks, picks)).toBe(expected)
})

test('a side that is empty, or ends its last line, gets no line break', () => {
  const both = (ours: string, theirs: string) => composeChunks([conflict(ours, theirs)], ['ours-theirs'])
  expect(both('', 'b')).toBe('b')
  expect(both('a', '')).toBe('a')
  expect(both('a\n', 'b')).toBe('a\nb')
  expect(both('a', 'b')).toBe('a\nb')
})
