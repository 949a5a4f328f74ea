import { join } from 'node:path'
import { expect, test } from 'vitest'
import { listApart } from '../../../main/git/merge/divergence.ts'
import { commitFiles, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('what a branch and a task have apart is told in the order of a replay, with the commit that they have in common', async () => {
  const repo = join(await temporaryFolder(), 'project')
  const start = await makeRepository(repo)
  const user = { cwd: repo, trust: 'user' } as const
  const work: string[] = []
  for (const name of ['one', 'two', 'three']) work.push(await commitFiles(repo, { [name]: name }))
  const commit = work.at(-1) ?? ''
  await gitIn(repo, ['reset', '--hard', '--quiet', start])
  expect(await listApart(user, start, commit)).toEqual({ inBranch: 0, inWork: work, shared: new Set([start]) })
  await commitFiles(repo, { mine: '1' })
  const tip = await commitFiles(repo, { mine: '2' })
  expect(await listApart(user, tip, commit)).toEqual({ inBranch: 2, inWork: work, shared: new Set([start]) })
  expect(await listApart(user, tip, start)).toMatchObject({ inBranch: 2, inWork: [] })
  expect(await listApart(user, tip, '1'.repeat(40))).toBeNull()
  await expect(listApart(user, '1'.repeat(40), commit)).rejects.toThrow('rev-list')
})
