import { readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkedOut } from '../../../../main/git/repository/checked-out/checked-out.ts'
import { locateRepository } from '../../../../main/git/repository/inspect-repository.ts'
import { gitIn, makeRepository } from '../../../support/git/repositories.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

async function project(branch = 'main') {
  const folder = await temporaryFolder()
  const path = join(folder, 'project')
  const commit = await makeRepository(path, { branch })
  return { folder, path, commit, seen: async (at = path) => await checkedOut(await locateRepository(at)) }
}

test.for(['main', 'feature/deep/one', 'bücher', 'a#b'])('a branch named %s, loose and packed', async (branch) => {
  const { path, commit, seen } = await project(branch)
  expect(await seen()).toEqual({ branch, commit })
  await gitIn(path, ['branch', `${branch}-2`])
  await gitIn(path, ['tag', '-a', '-m', 'Tag', branch])
  await gitIn(path, ['pack-refs', '--all'])
  expect(await seen()).toEqual({ branch, commit })
  await gitIn(path, ['commit', '--quiet', '--allow-empty', '-m', 'More'])
  expect(await seen()).toEqual({ branch, commit: await gitIn(path, ['rev-parse', 'HEAD']) })
})

test('SHA-256, a linked work tree on its own branch, and one whose branch has no commit yet', async () => {
  const { folder, path, commit, seen } = await project()
  await gitIn(path, ['worktree', 'add', '--quiet', '-b', 'other', join(folder, 'linked')])
  expect(await seen(join(folder, 'linked'))).toEqual({ branch: 'other', commit })
  await gitIn(path, ['checkout', '--quiet', '--orphan', 'new'])
  expect(await seen()).toEqual({ branch: 'new', commit: null })
  await gitIn(folder, ['init', '--quiet', '--object-format=sha256', '--initial-branch=main', 'long'])
  const long = join(folder, 'long')
  await gitIn(long, ['commit', '--quiet', '--allow-empty', '-m', 'First'])
  expect(await seen(long)).toEqual({ branch: 'main', commit: await gitIn(long, ['rev-parse', 'HEAD']) })
})

test('what the files do not say plainly is for git', async () => {
  const { path, seen } = await project()
  const head = join(path, '.git/HEAD')
  const plain = await readFile(head)
  await gitIn(path, ['checkout', '--quiet', '--detach'])
  expect(await seen()).toBeUndefined()

  await writeFile(head, plain)
  await gitIn(path, ['symbolic-ref', 'refs/heads/alias', 'refs/heads/main'])
  await gitIn(path, ['symbolic-ref', 'HEAD', 'refs/heads/alias'])
  expect(await seen()).toBeUndefined()

  await rm(head)
  await symlink('refs/heads/main', head)
  expect(await seen()).toBeUndefined()
})

test.for(['ref: refs/heads/.invalid\n', 'ref: refs/heads/../../x\n', 'ref: refs/remotes/a/b\n', ''])(
  'a HEAD that is %j is for git',
  async (text) => {
    const gitDirectory = await temporaryFolder()
    await writeFile(join(gitDirectory, 'HEAD'), text)
    expect(await checkedOut({ gitDirectory, commonDirectory: gitDirectory })).toBeUndefined()
  },
)

test('a longer list of packed refs is for git', async () => {
  const { path, commit, seen } = await project()
  await gitIn(path, ['pack-refs', '--all'])
  const packed = join(path, '.git/packed-refs')
  const more = Array.from({ length: 20_000 }, (_, at) => `${commit} refs/tags/t${at}\n`).join('')
  await writeFile(packed, (await readFile(packed, 'utf8')) + more)
  expect(await seen()).toEqual({ branch: 'main', commit: null })
})
