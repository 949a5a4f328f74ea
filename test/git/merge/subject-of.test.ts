import { expect, test } from 'vitest'
import { parseCommit } from '../../../main/git/merge/commit-object.ts'
import { subjectOf } from '../../../main/git/merge/replay-commits.ts'

const commit = (message: string) =>
  parseCommit(
    Buffer.from(`tree ${'1'.repeat(40)}\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n${message}`).toString(
      'latin1',
    ),
  )

test('a subject is the first line that says something, decoded, and no longer than a line or two', () => {
  expect(subjectOf(commit('\n\n  Ändere das\nUnd dies\n'))).toBe('Ändere das')
  expect(subjectOf(commit('x'.repeat(500)))).toBe('x'.repeat(200))
  expect(subjectOf(commit(''))).toBe('')
})
