import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { treeChanges } from '../../../main/git/changes/tree-changes.ts'
import { standsAs } from '../../../main/git/merge/checkout-matches.ts'
import type { GitOptions } from '../../../main/git/process/git.ts'
import { commitFiles, type Files, gitIn, makeRepository, writeFiles } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const work: Files = { 'a.txt': 'A\n', 'b.txt': null, 'new/[c].txt': 'c\n', 'ü.txt': 'u\n' }

/** What `standsAs` says of a move that brings files, after the user did something. */
async function told(files: Files, act: (repo: string) => Promise<unknown>): Promise<boolean> {
  const repo = await temporaryFolder()
  const start = await makeRepository(repo, {
    files: { 'a.txt': 'a\n', 'b.txt': 'b\n', 'c.txt': 'c\n', 'd.txt': 'd\n' },
  })
  const to = await commitFiles(repo, files)
  await gitIn(repo, ['reset', '--hard', '--quiet', start])
  await act(repo)
  const user: GitOptions = { cwd: repo, trust: 'user' }
  return await standsAs(await treeChanges(user, start, to), user)
}

test.each<[string, (repo: string) => Promise<unknown>]>([
  ['nothing', async () => undefined],
  [
    'changed and staged other files',
    async (repo) => {
      await writeFiles(repo, { 'c.txt': 'C\n', 'd.txt': 'D\n', 'new/c.txt': 'x\n' })
      await gitIn(repo, ['add', 'd.txt', 'new/c.txt'])
    },
  ],
  [
    'told git to take another file for unchanged',
    (repo) => gitIn(repo, ['update-index', '--assume-unchanged', 'c.txt']),
  ],
])('nothing is in the way of a user who did %s', async (_, act) => {
  expect(await told(work, act)).toBe(true)
})

test.each<[string, (repo: string) => Promise<unknown>]>([
  ['changed a file', (repo) => writeFiles(repo, { 'a.txt': 'mine\n' })],
  ['removed a file', (repo) => rm(join(repo, 'a.txt'))],
  ['changed a file that goes', (repo) => writeFiles(repo, { 'b.txt': 'mine\n' })],
  [
    'staged a file',
    async (repo) => {
      await writeFiles(repo, { 'a.txt': 'mine\n' })
      await gitIn(repo, ['add', 'a.txt'])
    },
  ],
  ['staged a mode', (repo) => gitIn(repo, ['update-index', '--chmod=+x', 'a.txt'])],
  ['took a file off the index', (repo) => gitIn(repo, ['rm', '--quiet', '--cached', 'a.txt'])],
  [
    'staged a file that comes, and removed it',
    async (repo) => {
      await writeFiles(repo, { 'new/[c].txt': 'mine\n' })
      await gitIn(repo, ['add', 'new'])
      await rm(join(repo, 'new'), { recursive: true })
    },
  ],
  [
    'hid a change from git',
    async (repo) => {
      await gitIn(repo, ['update-index', '--assume-unchanged', 'a.txt'])
      await writeFiles(repo, { 'a.txt': 'mine\n' })
    },
  ],
  ['keeps a file out of a sparse checkout', (repo) => gitIn(repo, ['update-index', '--skip-worktree', 'a.txt'])],
  ['gave a file another time', (repo) => utimes(join(repo, 'a.txt'), 1, 1)],
  ['has no index', (repo) => rm(join(repo, '.git/index'))],
])('it is not said that nothing is in the way of a user who %s', async (_, act) => {
  expect(await told(work, act)).toBe(false)
})

test('a move of many files, or of one whose name is no text, is left to git', async () => {
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`many/${index}`, '']))
  expect(await told(many, async () => undefined)).toBe(false)
  const repo = await temporaryFolder()
  const start = await makeRepository(repo)
  await writeFile(Buffer.concat([Buffer.from(`${repo}/`), Buffer.from('\xff', 'latin1')]), 'raw')
  const to = await commitFiles(repo, {})
  await gitIn(repo, ['reset', '--hard', '--quiet', start])
  const user: GitOptions = { cwd: repo, trust: 'user' }
  expect(await standsAs(await treeChanges(user, start, to), user)).toBe(false)
})
