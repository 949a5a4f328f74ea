import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findBase } from '../../../main/git/repository/find-base.ts'
import { commitFiles, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function project() {
  const repo = join(await temporaryFolder(), 'project')
  const start = await makeRepository(repo)
  const second = await commitFiles(repo, { 'b.txt': 'b' }, 'Second')
  for (const ref of [
    'refs/heads/feature/x',
    'refs/tags/v1',
    'refs/tasks/0123abcd',
    'refs/remotes/origin/main',
    'refs/stash',
  ])
    await gitIn(repo, ['update-ref', ref, start])
  return { repo, start, second }
}

test('a branch, a tag, a commit and a task are found by their names', async () => {
  const { repo, start, second } = await project()
  expect(await findBase(repo, 'feature/x')).toEqual({ kind: 'branch', branch: 'feature/x' })
  expect(await findBase(repo, 'main')).toEqual({ kind: 'branch', branch: 'main' })
  for (const name of ['v1', '0123abcd', 'refs/tasks/0123abcd', start, start.slice(0, 12)])
    expect(await findBase(repo, name)).toEqual({ kind: 'commit', name, commit: start })
  expect(await findBase(repo, second)).toMatchObject({ commit: second })
})

test('an annotated tag stands for its commit, and of equal names the task comes first, then the branch', async () => {
  const { repo, start, second } = await project()
  await gitIn(repo, ['tag', '-a', '-m', 'two', 'v2', second])
  expect(await findBase(repo, 'v2')).toMatchObject({ commit: second })
  await gitIn(repo, ['update-ref', 'refs/heads/0123abcd', second])
  await gitIn(repo, ['update-ref', 'refs/heads/v1', second])
  expect(await findBase(repo, '0123abcd')).toMatchObject({ commit: start })
  expect(await findBase(repo, 'v1')).toEqual({ kind: 'branch', branch: 'v1' })
})

const noBase = [
  ...[
    'HEAD',
    'refs/stash',
    'stash',
    'origin/main',
    'refs/heads/main',
    'main~1',
    'main^',
    'main@{1}',
    ':/Second',
    'main..v1',
  ],
  ...['--all', '-x', '', 'no such', 'a\nrefs/stash', '../../etc', 'abcdef0', '01234567', 'main:b.txt', 'refs/tasks/'],
]

test('nothing else is a base, whatever git makes of it', async () => {
  const { repo } = await project()
  for (const name of noBase)
    await expect(findBase(repo, name), JSON.stringify(name)).rejects.toMatchObject({ code: 'argument-invalid' })
})

test('a commit without a flake is refused before anything is cloned', async () => {
  const { repo } = await project()
  await gitIn(repo, ['rm', '-q', 'flake.nix'])
  await commitFiles(repo, {}, 'Without')
  await expect(findBase(repo, 'main')).rejects.toMatchObject({ code: 'flake-missing' })
  expect(await findBase(repo, 'v1')).toMatchObject({ kind: 'commit' })
})
