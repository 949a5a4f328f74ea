import { mkdir, writeFile } from 'node:fs/promises'
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
