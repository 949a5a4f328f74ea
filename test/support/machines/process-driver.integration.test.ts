import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAlive } from '../../../main/lib/processes/process-identity.ts'
import { temporaryFolder } from '../temporary.ts'
import { processDriver } from './process-driver.ts'

test('a guest whose test is over, and that no one stopped, ends by itself', async () => {
  const root = await temporaryFolder()
  const share = join(root, 'share')
  await mkdir(share)
  const driver = processDriver(join(root, 'run'), 'touch $SHARE/begun; while :; do sleep 0.1; done')
  const { handle } = await driver.start(
    {
      name: 'a',
      owner: 'x',
      consolePath: join(root, 'console'),
      shares: [{ tag: 'share', directory: share }],
      network: {},
    } as never,
    AbortSignal.timeout(60_000),
  )
  expect(await isAlive(handle)).toBe(true)
  await rm(join(root, 'run'), { recursive: true, maxRetries: 10 })
  await expect.poll(() => isAlive(handle)).toBe(false)
})
