import { join } from 'node:path'
import { expect, test } from 'vitest'
import { landPrepared } from '../../../main/git/merge/land-prepared.ts'
import { prepareLanding } from '../../../main/git/merge/prepare-landing.ts'
import { taskWithCommit } from '../../support/git/git-tasks.ts'
import { commitFiles, gitIn, makeRepository, statusOf, subjectsOf } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const id = 'a1b2c3d4'

test('what was prepared lands on the commit that it was put onto, and nowhere else', async () => {
  const folder = await temporaryFolder()
  const repo = join(folder, 'project')
  await makeRepository(repo, { files: { 'a.txt': 'a\n' } })
  const task = await taskWithCommit(repo, folder, { 'b.txt': 'b\n' }, { id })
  const { commit } = await task.salvage()
  const onto = await commitFiles(repo, { 'c.txt': 'c\n' }, 'By the user')
  const request = { repoPath: repo, taskId: id, startCommit: task.startCommit, branch: 'main', commit }
  const prepare = async (tip: string) => {
    const work = await prepareLanding({ ...request, onto: tip })
    if (work.kind !== 'ready') throw new Error(JSON.stringify(work))
    return work
  }
  const prepared = await prepare(onto)
  expect(prepared).toMatchObject({ method: 'rebase', commits: 1, isAsMade: false })
  expect(await gitIn(repo, ['rev-parse', `refs/tasks/${id}.landing^{tree}`])).toBe(prepared.tree)
  expect(await gitIn(repo, ['rev-parse', 'main', `${prepared.commit}^`])).toBe(`${onto}\n${onto}`)

  const moved = await commitFiles(repo, { 'd.txt': 'd\n' }, 'More by the user')
  expect(await landPrepared({ ...request, onto, prepared })).toEqual({ kind: 'moved' })
  expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(moved)
  expect(await statusOf(repo)).toBe('')

  const again = await prepare(moved)
  expect(await landPrepared({ ...request, onto: moved, prepared: again })).toMatchObject({
    ...{ kind: 'merged', method: 'rebase', from: moved, to: again.commit },
  })
  expect(await subjectsOf(repo)).toEqual(['Work of the task', 'More by the user', 'By the user', expect.any(String)])
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
  expect(await statusOf(repo)).toBe('')
  // After a crash that came before the record of it there is nothing left to bring.
  expect(await prepareLanding({ ...request, onto: again.commit })).toMatchObject({
    ...{ kind: 'settled', outcome: { kind: 'unchanged' } },
  })
})
