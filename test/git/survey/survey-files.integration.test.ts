import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { surveyFiles } from '../../../main/git/survey/survey-files.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('.git files beyond the thousand whose contents are kept are taken away like the others, and told', async () => {
  const workspace = await temporaryFolder()
  const folders = Array.from({ length: 1_003 }, (_, number) => join(workspace, `folder-${number}`))
  for (const folder of folders) {
    await mkdir(folder)
    await writeFile(join(folder, '.git'), 'gitdir: /elsewhere\n')
  }
  const { notes, gitFiles, complete } = await surveyFiles(workspace)
  expect(complete).toBe(true)
  expect(gitFiles).toHaveLength(1_000)
  const said = /^folder-\d+\/\.git was left out: the clone has more than 1000 of them$/
  expect(notes).toEqual([expect.stringMatching(said), expect.stringMatching(said), expect.stringMatching(said)])
  expect((await Promise.all(folders.map((folder) => readdir(folder)))).flat()).toEqual([])
})
