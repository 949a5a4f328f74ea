import { execFileSync } from 'node:child_process'
import { linkSync, renameSync, symlinkSync } from 'node:fs'
import { chmod, link, lstat, mkdir, readdir, readFile, readlink, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type StillWay, takeStill } from '../../../main/lib/guest/take-still.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function scene() {
  const root = await temporaryFolder()
  const from = join(root, 'clone')
  await mkdir(join(from, 'dir'), { recursive: true })
  await writeFile(join(from, 'dir/file'), 'of the task')
  await mkdir(join(root, 'host'))
  await writeFile(join(root, 'host/file'), 'SECRET of the host')
  return { root, from, to: join(root, 'still'), host: join(root, 'host') }
}

const allLinked = (): StillWay => 'link'
const names = async (folder: string) => (await readdir(folder, { recursive: true })).toSorted()

test.each(['linux', 'darwin'] as const)(
  'a still holds files, links and folders, and no other thing (%s)',
  async (platform) => {
    const { from, to } = await scene()
    await symlink('/etc/passwd', join(from, 'link'))
    execFileSync('mkfifo', [join(from, 'pipe')])
    await writeFile(join(from, 'closed'), 'x')
    await chmod(join(from, 'closed'), 0o000)
    await writeFile(join(from, 'copied'), 'copy')
    await mkdir(join(from, 'left/out'), { recursive: true })
    const way = (path: string): StillWay => (path === 'copied' ? 'copy' : path === 'left' ? 'skip' : 'link')
    expect(await takeStill({ from, to, way, platform })).toEqual({ complete: true, leftOut: 2 })
    expect(await names(to)).toEqual(['copied', 'dir', 'dir/file', 'link'])
    expect(await readlink(join(to, 'link'))).toBe('/etc/passwd')
    const inode = async (path: string) => (await lstat(path)).ino
    expect(await inode(join(to, 'dir/file'))).toBe(await inode(join(from, 'dir/file')))
    expect(await inode(join(to, 'copied'))).not.toBe(await inode(join(from, 'copied')))
    expect((await lstat(join(from, 'closed'))).mode & 0o777).toBe(0) // Nothing of the clone is changed.
  },
)

/** Swaps `dir` for a link to the host's folder at the moment at which its file was listed and is about to be taken. */
const swapping =
  (from: string, host: string) =>
  (path: string): StillWay => {
    if (path === 'dir/file') {
      renameSync(join(from, 'dir'), join(from, 'aside'))
      symlinkSync(host, join(from, 'dir'))
    }
    return 'link'
  }

test('a folder that becomes a link while it is read shows nothing of the host', async () => {
  const { from, to, host } = await scene()
  await takeStill({ from, to, way: swapping(from, host) })
  expect(await readFile(join(to, 'dir/file'), 'utf8')).toBe('of the task')
})

test('the same swap gives a host that goes by paths the file of the host', async () => {
  const { from, to, host } = await scene()
  await mkdir(to)
  swapping(from, host)('dir/file')
  linkSync(join(from, 'dir/file'), join(to, 'file'))
  expect(await readFile(join(to, 'file'), 'utf8')).toBe('SECRET of the host')
})

test('a folder that is a link by the time it is entered is left out, and so is a copied file that became one', async () => {
  const { from, to, host } = await scene()
  await writeFile(join(from, 'copied'), 'x')
  const way = (path: string): StillWay => {
    if (path === 'dir') swapping(from, host)('dir/file')
    if (path !== 'copied') return 'link'
    renameSync(join(from, 'copied'), join(from, 'copied.aside'))
    symlinkSync(join(host, 'file'), join(from, 'copied'))
    return 'copy'
  }
  const { leftOut } = await takeStill({ from, to, way })
  expect(leftOut).toBe(2)
  for (const name of await names(to)) {
    const stats = await lstat(join(to, name))
    if (stats.isFile()) expect(await readFile(join(to, name), 'utf8')).not.toContain('SECRET')
  }
})

test('a file with a second name is not copied, since it may be another than it seems', async () => {
  const { from, to } = await scene()
  await link(join(from, 'dir/file'), join(from, 'dir/twin'))
  await takeStill({ from, to, way: () => 'copy' })
  expect(await names(to)).toEqual(['dir'])
})

test('folders without end are left at a depth', async () => {
  const { from, to } = await scene()
  const deep = join(from, Array.from({ length: 300 }, () => 'd').join('/'))
  await mkdir(deep, { recursive: true })
  expect(await takeStill({ from, to, way: allLinked })).toEqual({ complete: true, leftOut: 1 })
})

test('what happens to a name afterwards does not reach the still', async () => {
  const { from, to, host } = await scene()
  await takeStill({ from, to, way: allLinked })
  await rename(join(from, 'dir'), join(from, 'gone'))
  await symlink(host, join(from, 'dir'))
  expect(await readFile(join(to, 'dir/file'), 'utf8')).toBe('of the task')
})
