import { lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { moveNames } from '../../../main/lib/files/move-names.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function folders() {
  const root = await temporaryFolder()
  const [from, to, elsewhere] = [join(root, 'from'), join(root, 'to'), join(root, 'elsewhere')]
  for (const folder of [from, to, elsewhere]) await mkdir(folder)
  return { from, to, elsewhere }
}

test('all that is in a folder moves, links as links, and names as bytes', async () => {
  const { from, to, elsewhere } = await folders()
  await mkdir(join(from, '.git'))
  await writeFile(join(from, '.git', 'HEAD'), 'ref')
  await symlink(elsewhere, join(from, 'link'))
  await writeFile(Buffer.concat([Buffer.from(`${from}/`), Buffer.from([0x66, 0xff])]), 'Bytes')
  await moveNames(from, to)
  expect(await readdir(from)).toEqual([])
  expect(await readFile(join(to, '.git', 'HEAD'), 'utf8')).toBe('ref')
  expect((await lstat(join(to, 'link'))).isSymbolicLink()).toBe(true)
  expect(await readFile(Buffer.concat([Buffer.from(`${to}/`), Buffer.from([0x66, 0xff])]), 'utf8')).toBe('Bytes')
})

test('a link that something alive put where a folder is to be is not followed', async () => {
  const { from, to, elsewhere } = await folders()
  await mkdir(join(from, '.git'))
  await writeFile(join(from, '.git', 'HEAD'), 'ref')
  await symlink(elsewhere, join(to, '.git'))
  await expect(moveNames(from, to)).rejects.toThrow('ENOTDIR')
  expect(await readdir(elsewhere)).toEqual([])
})
