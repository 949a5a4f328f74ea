import { expect, test } from 'vitest'
import { plainModel, taskTrailers, withTrailers } from '../../../main/core/merge/trailers.ts'

const added = [{ name: 'Task', value: 'a1b2c3d4' }]

test.each([
  ['a subject alone', 'Add a file\n', 'Add a file\n\nTask: a1b2c3d4\n'],
  ['a subject that looks like a trailer', 'fix: a fault\n', 'fix: a fault\n\nTask: a1b2c3d4\n'],
  ['a body', 'Add\n\nWhy: because\nand so on\n', 'Add\n\nWhy: because\nand so on\n\nTask: a1b2c3d4\n'],
  ['trailers', 'Add\n\nRefs: 1\nCc: b\n', 'Add\n\nRefs: 1\nCc: b\nTask: a1b2c3d4\n'],
  ['a trailer of two lines', 'Add\n\nRefs: one\n  two\n', 'Add\n\nRefs: one\n  two\nTask: a1b2c3d4\n'],
  [
    "git's own sign among prose, one line in four",
    'Add\n\none\ntwo\nthree\nSigned-off-by: A <a@b>\n',
    'Add\n\none\ntwo\nthree\nSigned-off-by: A <a@b>\nTask: a1b2c3d4\n',
  ],
  [
    "git's own sign among more prose",
    'Add\n\none\ntwo\nthree\nfour\nSigned-off-by: A <a@b>\n',
    'Add\n\none\ntwo\nthree\nfour\nSigned-off-by: A <a@b>\n\nTask: a1b2c3d4\n',
  ],
  ['the same trailer', 'Add\n\nTask: a1b2c3d4\n\n\n', 'Add\n\nTask: a1b2c3d4\n\n\n'],
  ['blank lines at the end', 'Add\n \n\t\n', 'Add\n\nTask: a1b2c3d4\n'],
  ['line ends of Windows', 'Add\r\n\r\nRefs: 1\r\n', 'Add\r\n\r\nRefs: 1\nTask: a1b2c3d4\n'],
])('a message with %s', (_what, message, expected) => {
  expect(withTrailers(message, added)).toBe(expected)
})

test('nothing but plain letters of a model is in a commit', () => {
  expect(plainModel('claude-opus-4\n\nSigned-off-by: a')).toBe('claude-opus-4Signed-off-by:a')
  expect(plainModel('\n')).toBeUndefined()
  expect(plainModel('x'.repeat(101))).toHaveLength(100)
  expect(taskTrailers('a1b2c3d4', undefined)[1]).toEqual({ name: 'Agent', value: 'Claude Code' })
  expect(taskTrailers('a1b2c3d4', 'opus')[1]).toEqual({ name: 'Agent', value: 'Claude Code (opus)' })
})
