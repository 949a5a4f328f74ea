import { chmod, rmdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTreeChanges, treeChanges } from '../../../main/git/changes/tree-changes.ts'
import { openObjectReader } from '../../../main/git/process/objects.ts'
import { commitFiles, type Files, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** What the reader tells of two commits and what git tells, each in an order of its own choice where that is no matter. */
async function bothOf(repo: string, from: string, to: string) {
  const user = { cwd: repo, trust: 'user' } as const
  await using reader = await openObjectReader(user)
  const tree = async (commit: string) => await gitIn(repo, ['rev-parse', `${commit}^{tree}`])
  const read = await readTreeChanges(await tree(from), await tree(to), reader)
  return { read, told: await treeChanges(user, from, to) }
}

const files: Files = {
  'a/b/c.txt': 'c',
  'a/d.txt': 'd',
  'a.txt': 'a',
  'folder/one': '1',
  file: 'f',
  'gone/x/y': 'y',
  same: 's',
}

test('files that come, change and go, in folders too, are read as git tells them', async () => {
  const repo = await temporaryFolder()
  const start = await makeRepository(repo, { files })
  await commitFiles(repo, {
    ...{ 'a/b/c.txt': 'C', 'a/d.txt': null, 'a/b/new': 'n', 'new/é/x': 'x', 'a-b': '1', 'gone/x/y': null },
    // A file in place of a folder, and the other way round.
    ...{ 'folder/one': null, file: null },
  })
  await chmod(join(repo, 'same'), 0o755)
  await symlink('a.txt', join(repo, 'link'))
  await rmdir(join(repo, 'folder'))
  const to = await commitFiles(repo, { folder: 'a file', 'file/below': 'b' })
  const there = await bothOf(repo, start, to)
  expect(there.read).toEqual(there.told)
  expect(there.told.changed).toContain('same')
  const back = await bothOf(repo, to, start)
  expect(back.read).toEqual(back.told)
  expect((await bothOf(repo, to, to)).read).toEqual({
    added: [],
    changed: [],
    deleted: [],
    before: new Map(),
    after: new Map(),
  })
})

test('what is much, and modes that git does not write, are left to git', async () => {
  const repo = await temporaryFolder()
  const start = await makeRepository(repo, { files })
  const many = await commitFiles(repo, Object.fromEntries(Array.from({ length: 1_100 }, (_, at) => [`many/${at}`, ''])))
  const there = await bothOf(repo, start, many)
  expect(there.read).toBeUndefined()
  expect(there.told.added).toHaveLength(1_100)

  const blob = await gitIn(repo, ['rev-parse', 'HEAD:same'])
  const raw = Buffer.concat([Buffer.from('100664 odd\0'), Buffer.from(blob, 'hex')])
  await writeFile(join(repo, 'raw'), raw)
  const id = await gitIn(repo, ['hash-object', '-t', 'tree', '--literally', '-w', 'raw'])
  const odd = await gitIn(repo, ['commit-tree', '-m', 'Odd', id])
  const other = await bothOf(repo, start, odd)
  expect(other.read).toBeUndefined()
  expect(other.told.after).toEqual(new Map([['odd', `100644 ${blob}`]]))
})
