import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FileDiff } from '../../../main/core/merge/file-diff.ts'
import { changedSpans, overlapText, sharedFiles, spansCollide } from '../../../main/core/merge/overlap.ts'
import type { TaskId } from '../../../main/core/task/task.ts'

const diffOf = (oldStart: number, kinds: string): FileDiff => ({
  kind: 'text',
  hunks: [
    { oldStart, newStart: oldStart, heading: '', lines: [...kinds].map((kind) => ({ kind: kind as '+', text: '' })) },
  ],
})

test.each([
  ['  -+  ', [{ from: 5, to: 6 }]],
  ['--++', [{ from: 3, to: 5 }]],
  [
    ' + -',
    [
      { from: 4, to: 4 },
      { from: 5, to: 6 },
    ],
  ],
])('lines %j from line 3 on change %j', (kinds, spans) => {
  expect(changedSpans(diffOf(3, kinds))).toEqual(spans)
})

test('what has no lines is changed as a whole', () => {
  expect(changedSpans({ kind: 'binary', oldBytes: 1, newBytes: 2 })).toBeNull()
  expect(spansCollide(null, [])).toBe(true)
})

/** As `git merge-file` has it (see the integration test): changes with no line between them are one conflict. */
test('changes collide when no line is between them, and whichever is asked first', () => {
  const span = fc.tuple(fc.nat(20), fc.nat(3)).map(([from, length]) => ({ from, to: from + length }))
  fc.assert(
    fc.property(span, span, (one, other) => {
      const gap = Math.max(one.from, other.from) - Math.min(one.to, other.to)
      expect(spansCollide([one], [other])).toBe(gap <= 0)
      expect(spansCollide([other], [one])).toBe(gap <= 0)
    }),
  )
})

const task = (id: string, files: Record<string, string>, change: object = {}) => ({
  ...{ id: id as TaskId, isLive: true, startCommit: 's', files: new Map(Object.entries(files)) },
  ...{ kin: new Set<TaskId>(), group: null as string | null },
  ...change,
})

test('files are shared that two tasks change, not to the same, unless one is meant to follow or compete with the other', () => {
  const one = task('a', { x: '1', y: '2', z: '3' })
  const other = task('b', { x: '1', y: '9', w: '4' })
  expect(sharedFiles(one, other)).toEqual(['y'])
  expect(sharedFiles(one, { ...other, isLive: false })).toEqual(['y'])
  expect(sharedFiles({ ...one, isLive: false }, { ...other, isLive: false })).toEqual([])
  expect(sharedFiles(one, { ...other, kin: new Set(['a' as TaskId]) })).toEqual([])
  expect(sharedFiles({ ...one, group: 'g' }, { ...other, group: 'g' })).toEqual([])
  expect(sharedFiles({ ...one, group: 'g' }, { ...other, group: 'h' })).toEqual(['y'])
})

test('the worst is told first', () => {
  const none = { files: [] }
  const b = { task: 'b' as TaskId, files: { files: ['x', 'y'] }, collides: none }
  const c = { task: 'c' as TaskId, files: { files: ['x'] }, collides: { files: ['x'] } }
  expect(overlapText([])).toBeNull()
  expect(overlapText([b])).toBe('Changes x and 1 more file, which task b changes, too')
  expect(overlapText([b, c])).toBe('Changes the same lines of x as task c and 1 more change')
})
