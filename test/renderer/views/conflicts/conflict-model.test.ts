import { expect, test } from 'vitest'
import type { Chunk } from '../../../../main/core/merge/conflicts.ts'
import {
  hasMarks,
  lineEndOf,
  linesOfSide,
  marked,
  picksOf,
  resolutionText,
} from '../../../../renderer/views/conflicts/conflict-model.ts'

const conflict = { kind: 'conflict', base: 'b\n', ours: 'o', theirs: 't\n' } as const
const merged = (text: string): Chunk => ({ kind: 'merged', text })

test('a text is only to be edited where all its lines end alike', () => {
  expect(lineEndOf([merged('a\n'), conflict])).toBe('\n')
  expect(lineEndOf([merged('a\r\nb\r\n')])).toBe('\r\n')
  expect(lineEndOf([merged('a\r\n'), conflict])).toBe('mixed')
  expect(lineEndOf([merged('a\rb')])).toBe('mixed')
  expect(lineEndOf([merged('one line')])).toBe('\n')
})

test('what is not picked stands between marks, each on a line of its own, and marks are found', () => {
  const text = marked(conflict)
  expect(text).toBe('<<<<<<< yours\no\n||||||| base\nb\n=======\nt\n>>>>>>> task\n')
  expect(hasMarks(text)).toBe(true)
  expect(hasMarks('x\r\n>>>>>>> task\r\n')).toBe(true)
  expect(hasMarks('=======\nA heading\n')).toBe(false)
})

test('a side shows what it has that the base has not, and loses no line', () => {
  const lines = linesOfSide('a\nb\nc\n', 'a\nB\nx\nc\n')
  expect(lines.map(({ kind, text }) => kind + text)).toEqual([' a', '+B', '+x', ' c'])
  expect(linesOfSide('a\n', 'a\na\n').map(({ text }) => text)).toEqual(['a', 'a'])
  expect(linesOfSide('', 'a').map(({ kind }) => kind)).toEqual(['+'])
})

test('picks come back as they were kept, and a choice is told in words', () => {
  expect(picksOf([conflict, merged('x'), conflict], null)).toEqual([null, null])
  const picks = ['ours', 'theirs-ours', 'ours'] as const
  expect(picksOf([conflict], { kind: 'hunks', picks })).toEqual(picks)
  expect(resolutionText({ kind: 'hunks', picks })).toBe('yours, the task’s, then yours')
  expect(resolutionText({ kind: 'side', side: 'base' })).toBe('as it was before')
})
