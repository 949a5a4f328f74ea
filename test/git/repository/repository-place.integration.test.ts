import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { locateRepository } from '../../../main/git/repository/inspect-repository.ts'
import { rememberedPlace } from '../../../main/git/repository/repository-place.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const never = (): Promise<never> => Promise.reject(new Error('git was asked again'))

test('a repository in which work goes on is found once', async () => {
  const path = join(await temporaryFolder(), 'project')
  const commit = await makeRepository(path)
  const place = await locateRepository(path)
  await gitIn(path, ['update-ref', 'refs/tasks/1', commit])
  await gitIn(path, ['commit', '--quiet', '--allow-empty', '-m', 'more'])
  expect(await rememberedPlace(path, never)).toBe(place)
})

test('what becomes another repository, or one of another kind, is looked at again', async () => {
  const folder = await temporaryFolder()
  const [path, other] = [join(folder, 'project'), join(folder, 'other')]
  const commit = await makeRepository(path)
  await makeRepository(other)
  expect(await locateRepository(path)).toMatchObject({ isShallow: false, isLinkedWorktree: false })

  await gitIn(path, ['fetch', '--quiet', '--depth=1', `file://${path}`, commit])
  expect(await locateRepository(path)).toMatchObject({ isShallow: true })

  await rename(path, join(folder, 'moved'))
  await gitIn(other, ['worktree', 'add', '--quiet', '--detach', path])
  expect(await locateRepository(path)).toMatchObject({ isLinkedWorktree: true, commonDirectory: join(other, '.git') })

  await rm(join(path, '.git'))
  await expect(locateRepository(path)).rejects.toThrow(/is not a git repository/)
})
