import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findUnusualPaths } from '../../../main/git/changes/unusual-paths.ts'
import { commitFiles, type Files, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function unusualIn(added: Files, there: Files = { 'src/a.ts': '1', 'src/B.MD': '2', Makefile: '3' }) {
  const repoPath = join(await temporaryFolder(), 'project')
  await makeRepository(repoPath, { files: there, flake: null })
  const from = await gitIn(repoPath, ['rev-parse', 'HEAD'])
  return await findUnusualPaths({ repoPath, from, to: await commitFiles(repoPath, added) })
}

test('added files in a new folder at the top, or of a kind that was not there, are named, and no others', async () => {
  const added = {
    ...{ 'src/deep/c.ts': '', 'src/c.md': '', 'src/Makefile': '', 'Makefile.ts': '' },
    ...{ 'tools/d.ts': '', 'src/run.exe': '', 'src/run': '', 'src/größe.sh': '', 'src/\u202egpj.a': '' },
  }
  expect(await unusualIn(added)).toEqual({
    files: ['src/größe.sh', 'src/run', 'src/run.exe', 'src/⟪U+202E⟫gpj.a', 'tools/d.ts'],
  })
})

test('what changed or moved within what was there is usual, and so is all of it where nothing was', async () => {
  expect(await unusualIn({ 'src/a.ts': 'changed', 'src/other.ts': '1' })).toEqual({ files: [] })
})

test('of very many the first are named and the others counted', async () => {
  const many = Object.fromEntries(Array.from({ length: 230 }, (_, number) => [`new/${number}.ts`, '']))
  const { files, more } = await unusualIn(many)
  expect([files.length, more]).toEqual([200, 30])
})
