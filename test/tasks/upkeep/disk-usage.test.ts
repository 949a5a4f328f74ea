import { mkdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diskUsage } from '../../../main/tasks/upkeep/disk-usage.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('a log of a failed build, a lock and a build under way are no images', async () => {
  const home = await temporaryFolder()
  const cacheDirectory = join(home, 'cache')
  const key = '0123456789abcdef0123'
  await mkdir(join(cacheDirectory, 'images', key), { recursive: true })
  await mkdir(join(cacheDirectory, 'images', `${key}.lock`))
  await mkdir(join(cacheDirectory, 'images', `${key}.new-x`))
  await writeFile(join(cacheDirectory, 'images', `${key}.log`), 'failed')
  const { images } = await diskUsage({ home, cacheDirectory }, [])
  expect(images.map((image) => image.key)).toEqual([key])
})

test('prepared environments count with what they take, and holes of their disks do not', async () => {
  const home = await temporaryFolder()
  expect(await diskUsage({ home }, [])).toMatchObject({ total_bytes: 0, environments_bytes: 0 })
  await mkdir(join(home, 'prepared', 'a'), { recursive: true })
  const disk = join(home, 'prepared', 'a', 'disk.img')
  await writeFile(disk, 'x'.repeat(100_000))
  await truncate(disk, 1 << 30)
  const usage = await diskUsage({ home }, [])
  expect(usage.environments_bytes).toBeGreaterThanOrEqual(100_000)
  expect(usage.environments_bytes).toBeLessThan(1 << 20)
  expect(usage.total_bytes).toBe(usage.environments_bytes)
})
