import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { branchState } from '../../../main/git/repository/branch-state.ts'
import { locateRepository } from '../../../main/git/repository/inspect-repository.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function project() {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  const tip = await makeRepository(repo)
  const stateOf = async (branch: string, path = repo) => branchState(await locateRepository(path), branch)
  return { folder, repo, tip, stateOf }
}

test('a branch is checked out in the repository, in a linked worktree, or nowhere', async () => {
  const { folder, repo, tip, stateOf } = await project()
  const linked = join(folder, 'linked \u00fc')
  await gitIn(repo, ['branch', 'free'])
  await gitIn(repo, ['worktree', 'add', '--quiet', '-b', 'side/\u00fc', linked])
  const main = { path: repo, gitDirectory: join(repo, '.git') }
  const side = { path: linked }
  for (const path of [repo, linked]) {
    expect(await stateOf('main', path)).toMatchObject({ kind: 'ready', tip, checkout: main })
    const { gitDirectory } = await locateRepository(linked)
    expect(await stateOf('side/\u00fc', path)).toMatchObject({
      kind: 'ready',
      tip,
      checkout: { ...side, gitDirectory },
    })
    expect(await stateOf('free', path)).toEqual({ kind: 'ready', tip, checkout: null })
  }
  await rm(linked, { recursive: true })
  expect(await stateOf('side/\u00fc')).toEqual({ kind: 'ready', tip, checkout: null })
})

test('a branch is gone also when there are branches below its name', async () => {
  const { repo, stateOf } = await project()
  await gitIn(repo, ['branch', 'topic/one'])
  await gitIn(repo, ['branch', 'topic/two'])
  expect(await stateOf('topic')).toEqual({ kind: 'gone' })
  expect(await stateOf('topic/one')).toMatchObject({ kind: 'ready' })
})

test('a branch that is packed, and one whose .git folder lies elsewhere, are found', async () => {
  const { folder, repo, tip, stateOf } = await project()
  await gitIn(repo, ['pack-refs', '--all'])
  await gitIn(folder, ['init', '--quiet', `--separate-git-dir=${join(folder, 'elsewhere')}`, repo])
  const checkout = { path: repo, gitDirectory: join(folder, 'elsewhere') }
  expect(await stateOf('main')).toMatchObject({ kind: 'ready', tip, checkout })
})
