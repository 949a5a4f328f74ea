import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { firstNames } from '../../../main/lib/guest/first-names.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('of a folder of a guest so many names are read, and of what is none, no name', async () => {
  const root = await temporaryFolder()
  const folder = join(root, 'folder')
  await mkdir(folder)
  for (let number = 0; number < 5; number += 1) await writeFile(join(folder, String(number)), '')
  expect((await firstNames(folder, 9)).toSorted()).toEqual(['0', '1', '2', '3', '4'])
  expect(await firstNames(folder, 3)).toHaveLength(3)
  await symlink(folder, join(root, 'link'))
  for (const none of ['link', 'gone', 'folder/0']) expect(await firstNames(join(root, none), 9)).toEqual([])
})
