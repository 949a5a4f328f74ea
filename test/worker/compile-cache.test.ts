import { chmod, mkdir, stat, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { compileCache } from '../../main/worker/compile-cache.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('the folder is made for its owner alone, under a umask of 0 too', async () => {
  const cache = await temporaryFolder()
  const before = process.umask(0)
  onTestFinished(() => void process.umask(before))
  expect(compileCache(cache)).toBe(join(cache, 'compiled'))
  expect((await stat(join(cache, 'compiled'))).mode & 0o777).toBe(0o700)
})

test('a folder that others can write in, a link, and one that cannot be made are not used', async () => {
  const cache = await temporaryFolder()
  await mkdir(join(cache, 'compiled'))
  await chmod(join(cache, 'compiled'), 0o777)
  expect(compileCache(cache)).toBeUndefined()
  const linked = await temporaryFolder()
  await symlink(cache, join(linked, 'compiled'))
  expect(compileCache(linked)).toBeUndefined()
  expect(compileCache('/dev/null/cache')).toBeUndefined()
})
