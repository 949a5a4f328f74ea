import { chmod, link, lstat, mkdir, readFile, readlink, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathExists } from '../../../main/lib/files/look.ts'
import { copyTree } from '../../../main/lib/guest/copy-tree.ts'
import { runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('a copy holds what was there: no link is followed, a file with two names is one file, and a hole takes no room', async () => {
  const root = await temporaryFolder()
  const from = join(root, 'from')
  await mkdir(join(from, '-rf', 'shut'), { recursive: true })
  await writeFile(join(root, 'victim'), 'secret')
  await symlink(join(root, 'victim'), join(from, 'link'))
  await symlink('/', join(from, 'folder'))
  await writeFile(join(from, 'one'), 'text', { mode: 0o755 })
  await link(join(from, 'one'), join(from, 'two'))
  await writeFile(join(from, 'hole'), '')
  await truncate(join(from, 'hole'), 1024 ** 3)
  await runOrThrow('mkfifo', [join(from, 'pipe')])
  await writeFile(join(from, '-rf', 'shut', 'file'), 'inside')
  await chmod(join(from, '-rf', 'shut'), 0)
  const to = join(root, 'to')
  await copyTree(from, to)
  expect(await readlink(join(to, 'link'))).toBe(join(root, 'victim'))
  expect(await readlink(join(to, 'folder'))).toBe('/')
  const [one, two] = [await stat(join(to, 'one')), await stat(join(to, 'two'))]
  expect([one.mode & 0o777, two.ino === one.ino, one.ino === (await stat(join(from, 'one'))).ino]).toEqual([
    0o755,
    true,
    false,
  ])
  expect((await stat(join(to, 'hole'))).blocks).toBeLessThan(1000)
  expect((await lstat(join(to, 'pipe'))).isFIFO()).toBe(true)
  expect(await readFile(join(to, '-rf', 'shut', 'file'), 'utf8')).toBe('inside')
})

test('a copy that cannot be made leaves nothing', async () => {
  const root = await temporaryFolder()
  await expect(copyTree(join(root, 'none'), join(root, 'to'))).rejects.toThrow('cannot be copied')
  await mkdir(join(root, 'from'))
  await expect(copyTree(join(root, 'from'), join(root, 'to'), AbortSignal.abort(new Error('over')))).rejects.toThrow()
  expect(await pathExists(join(root, 'to'))).toBe(false)
})
