import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathExists } from '../../main/lib/path-exists.ts'
import { removeTree } from '../../main/lib/remove-tree.ts'
import { runOrThrow } from '../../main/lib/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** A folder to be deleted, beside one that must stay. */
async function folders() {
  const root = await temporaryFolder()
  const doomed = join(root, 'doomed')
  const kept = join(root, 'kept')
  await mkdir(doomed)
  await mkdir(kept)
  await writeFile(join(kept, 'file'), 'kept')
  return { doomed, kept }
}

test('links are deleted, and what they lead to stays', async () => {
  const { doomed, kept } = await folders()
  await mkdir(join(doomed, 'closed'))
  await symlink(kept, join(doomed, 'closed', 'out'))
  await symlink(`${kept}/`, join(doomed, '-rf'))
  await chmod(join(doomed, 'closed'), 0o000)
  await removeTree(doomed)
  expect(await pathExists(doomed)).toBe(false)
  expect(await readdir(kept)).toEqual(['file'])
})

test('folders nested so deep that no path names the last are deleted, and links among them are not followed', async () => {
  const { doomed, kept } = await folders()
  const script = 'chdir shift; for (1..60) { mkdir "d" x 100; chdir "d" x 100 or die } symlink(shift, "out") or die'
  await runOrThrow('perl', ['-e', script, doomed, kept])
  await removeTree(doomed)
  expect(await pathExists(doomed)).toBe(false)
  expect(await readdir(kept)).toEqual(['file'])
})
