import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mergeApart } from '../../../main/git/merge/merge-disjoint.ts'
import { openQuarantine } from '../../../main/git/merge/quarantine.ts'
import { openObjectReader } from '../../../main/git/process/objects.ts'
import { commitFiles, type Files, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const start: Files = { 'a.txt': 'a\n', 'b.txt': 'b\n', 'dir/c.txt': 'c\n', 'dir/deep/d.txt': 'd\n', 'dir.txt': 'e\n' }

/** What comes of two sides that changed these files since the start, and the tree that git makes of them. */
async function merged(ours: Files, theirs: Files) {
  const repo = await temporaryFolder()
  await makeRepository(repo, { files: start })
  const base = await gitIn(repo, ['rev-parse', 'HEAD'])
  const mine = await commitFiles(repo, ours)
  await gitIn(repo, ['reset', '--hard', '--quiet', base])
  const other = await commitFiles(repo, theirs)
  const treeOf = (commit: string) => gitIn(repo, ['rev-parse', `${commit}^{tree}`])
  const trees = { base: await treeOf(base), ours: await treeOf(mine), theirs: await treeOf(other) }
  await using quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
  await using reader = await openObjectReader({ cwd: repo, trust: 'user', env: quarantine.writing })
  const apart = await mergeApart(trees, reader, quarantine)
  const byGit = await gitIn(repo, ['merge-tree', '--write-tree', mine, other]).catch(() => 'conflict')
  if (apart !== undefined) await gitIn(repo, ['fsck', '--strict', apart], quarantine.writing)
  return { apart, byGit }
}

describe('trees whose sides changed different files', () => {
  test.each<[string, Files, Files]>([
    ['in different folders', { 'dir/c.txt': 'C\n' }, { 'a.txt': 'A\n' }],
    [
      'in the same folders, at every depth',
      { 'dir/deep/x.txt': 'x\n' },
      { 'dir/deep/d.txt': 'D\n', 'dir/y.txt': 'y\n' },
    ],
    ['with names that sort otherwise as a folder', { 'dir-1': '1\n' }, { 'dir0/f.txt': '0\n', 'dir/c.txt': 'C\n' }],
    ['with bytes above 127 in their names', { 'ö.txt': 'o\n' }, { 'é/ü.txt': 'u\n' }],
    ['where ours deleted a file that theirs left alone', { 'b.txt': null }, { 'a.txt': 'A\n' }],
  ])('become what git makes of them: %s', async (_, ours, theirs) => {
    const { apart, byGit } = await merged(ours, theirs)
    expect(apart).toBe(byGit)
  })
})

describe('is left to git', () => {
  test.each<[string, Files, Files]>([
    ['the same file', { 'a.txt': 'x\n' }, { 'a.txt': 'y\n' }],
    ['a file that both added', { 'new.txt': 'x\n' }, { 'new.txt': 'y\n' }],
    ['a file that theirs deleted or moved', { 'b.txt': 'B\n' }, { 'a.txt': null, 'moved.txt': 'a\n' }],
    ['a file that ours moved and theirs changed', { 'a.txt': null, 'moved.txt': 'a\n' }, { 'a.txt': 'A\n' }],
    ['a new file where ours moved the others away', { 'a.txt': null, 'sub/a.txt': 'a\n' }, { 'new.txt': 'n\n' }],
    ['a folder where there was a file', { 'b.txt': 'B\n' }, { 'a.txt': null, 'a.txt/x': 'x\n' }],
  ])('%s', async (_, ours, theirs) => {
    expect((await merged(ours, theirs)).apart).toBeUndefined()
  })
})
