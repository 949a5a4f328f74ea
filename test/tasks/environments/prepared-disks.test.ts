import { readdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { mostDisks, PreparedDisks, preparedFolder } from '../../../main/tasks/environments/prepared-disks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const key = (digit: string) => digit.repeat(20)

async function place() {
  const home = await temporaryFolder()
  const disks = new PreparedDisks(home)
  const keep = async (repoPath: string, name: string) => {
    const disk = join(await disks.makeWorkFolder(repoPath), 'nix-store.img')
    await writeFile(disk, name)
    await disks.keep(repoPath, key(name), disk)
  }
  const kept = async () =>
    (await readdir(preparedFolder(home), { recursive: true }))
      .filter((name) => name.endsWith('.img'))
      .map((name) => name.slice(-24))
  const pathOf = async (repoPath: string) => {
    using disk = await disks.borrow(repoPath)
    return disk?.path
  }
  return { home, disks, keep, kept, pathOf }
}

test('a repository has one disk, its own, which nobody can write', async () => {
  const { disks, keep, kept, pathOf } = await place()
  expect(await disks.borrow('/a')).toBeUndefined()
  await keep('/a', '1')
  await keep('/b', '2')
  expect(await pathOf('/a')).toMatch(`/${key('1')}.img`)
  expect((await stat((await pathOf('/a')) ?? '')).mode & 0o777).toBe(0o444)
  await keep('/a', '3')
  expect(await pathOf('/a')).toMatch(`/${key('3')}.img`)
  expect((await kept()).toSorted()).toEqual([`${key('2')}.img`, `${key('3')}.img`])
  expect([await disks.isSettled('/a', key('3')), await disks.isSettled('/a', key('1'))]).toEqual([true, false])
})

test('a disk with which a machine is about to start stays until it has started', async () => {
  const { disks, keep, kept, pathOf } = await place()
  await keep('/a', '1')
  const first = await disks.borrow('/a')
  const second = await disks.borrow('/a')
  await keep('/a', '2')
  await disks.sweep([])
  expect(await kept()).toContain(`${key('1')}.img`)
  expect(await pathOf('/a')).toBeUndefined()
  first?.[Symbol.dispose]()
  expect(await kept()).toContain(`${key('1')}.img`)
  second?.[Symbol.dispose]()
  await expect.poll(kept).toEqual([])
})

test('of more repositories than there may be the one goes that was used longest ago', async () => {
  const { keep, kept, pathOf } = await place()
  for (let number = 0; number < mostDisks; number++) {
    await keep(`/${number}`, number.toString(16))
    const long = new Date(1_000_000 + number * 1000)
    await utimes((await pathOf(`/${number}`)) ?? '', long, long)
  }
  await pathOf('/0')
  await keep('/new', 'f')
  expect(await kept()).toHaveLength(mostDisks)
  expect([await pathOf('/0'), await pathOf('/1')]).toEqual([expect.stringContaining(key('0')), undefined])
})

test('what failed is not tried again for a day', async () => {
  const { home, disks } = await place()
  await disks.fail('/a', key('1'), 'x'.repeat(100_000))
  expect(await disks.isSettled('/a', key('1'))).toBe(true)
  const [name = ''] = (await readdir(preparedFolder(home), { recursive: true })).filter((path) =>
    path.endsWith('.failed'),
  )
  const path = join(preparedFolder(home), name)
  expect((await stat(path)).size).toBeLessThan(5000)
  const yesterday = new Date(Date.now() - 25 * 60 * 60_000)
  await utimes(path, yesterday, yesterday)
  expect(await disks.isSettled('/a', key('1'))).toBe(false)
})

test('a sweep leaves one disk of each repository that is known, and nothing of a machine that crashed', async () => {
  const { home, disks, keep, kept } = await place()
  await keep('/a', '1')
  await keep('/b', '2')
  await writeFile(join(await disks.makeWorkFolder('/a'), 'var.img'), '')
  await disks.sweep(['/a'])
  expect(await kept()).toEqual([`${key('1')}.img`])
  expect(await readdir(preparedFolder(home))).toHaveLength(1)
})
