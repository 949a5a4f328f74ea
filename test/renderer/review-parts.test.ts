import { expect, test } from 'vitest'
import type { Hunk } from '../../main/core/merge/file-diff.ts'
import { type DiffItem, diffList } from '../../renderer/diff/diff-list.ts'
import { type ReviewComment, textOfComments } from '../../renderer/stores/review-comments.ts'

const same = (text: string) => ({ kind: ' ', text }) as const
/** Lines 1 to 100 of a file in which line 50 was changed, and line 51 came. */
const hunk = (context: number): Hunk => ({
  oldStart: 50 - context,
  newStart: 50 - context,
  heading: 'function f()',
  lines: [
    ...Array.from({ length: context }, (_, at) => same(`line ${50 - context + at}`)),
    { kind: '-', text: 'line 50' },
    { kind: '+', text: 'line fifty' },
    { kind: '+', text: 'and a half' },
    ...Array.from({ length: Math.min(context, 50) }, (_, at) => same(`line ${51 + at}`)),
  ],
})

/** Line numbers of the new side, with what is left out in brackets. */
const shapeOf = (items: readonly DiffItem[]) =>
  items.map((item) => {
    if (item.kind === 'gap') return `[${item.gap}: ${item.lines ?? '?'}]`
    return `${item.begins ? '*' : ''}${item.right?.newLine ?? '-'}`
  })

test('what did not change is left out, and is known behind the last change only with the whole file', () => {
  const list = diffList([hunk(2)], { layout: 'unified', whole: null, opened: new Map() })
  expect(shapeOf(list)).toEqual(['[0: 47]', '48', '49', '*-', '50', '51', '52', '53', '[1: ?]'])
})

test('lines are opened from both ends of what is left out, never twice', () => {
  const open = (gap: number, below: number, above: number) =>
    shapeOf(diffList([hunk(2)], { layout: 'split', whole: [hunk(49)], opened: new Map([[gap, { below, above }]]) }))
  expect(open(0, 0, 2).slice(0, 4)).toEqual(['[0: 45]', '46', '47', '48'])
  expect(open(0, 1, 1).slice(0, 4)).toEqual(['1', '[0: 45]', '47', '48'])
  expect(open(1, 2, 0).slice(-5)).toEqual(['52', '53', '54', '55', '[1: 45]'])
  const all = open(0, Number.MAX_SAFE_INTEGER, 0).slice(0, -1)
  expect(all.filter((it) => it !== '*50')).toEqual(
    [...Array.from({ length: 53 }, (_, at) => String(at + 1))].filter((it) => it !== '50'),
  )
  expect(open(0, 40, 40)).toEqual(open(0, Number.MAX_SAFE_INTEGER, 0))
})

test('a new file has no lines that are left out above, and begins one change', () => {
  const lines = ['a', 'b'].map((text) => ({ kind: '+' as const, text }))
  const added: Hunk = { oldStart: 0, newStart: 1, heading: '', lines }
  const list = diffList([added], { layout: 'unified', whole: null, opened: new Map() })
  expect(shapeOf(list)).toEqual(['*1', '2', '[1: ?]'])
})

test('comments are told by file and line, with the line, below what is said of the whole', () => {
  const comment = (path: string, line: number, more: Partial<ReviewComment> = {}): ReviewComment => ({
    ...{ path, line, side: 'new', quote: '  const five = 5', text: 'Why five?' },
    ...more,
  })
  const all = [comment('b.ts', 2, { side: 'old', text: 'This\nwas good' }), comment('a.ts', 12), comment('a.ts', 3)]
  expect(textOfComments(all, '')).toBe(
    [
      'I have reviewed your work. Please see to these comments.',
      '1. a.ts, line 3:\n   > const five = 5\n   Why five?',
      '2. a.ts, line 12:\n   > const five = 5\n   Why five?',
      '3. b.ts, line 2 of the file as it was before:\n   > const five = 5\n   This\n   was good',
    ].join('\n\n'),
  )
  expect(textOfComments(all, 'Nearly there.')).toMatch(/^Nearly there\.\n\n1\. a\.ts/)
})
