import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bundlePath } from '../../main/worker/bundle.ts'
import { temporaryFolder } from '../support/temporary.ts'

const then = new Date('2026-01-02T03:04:05Z')

async function checkout(): Promise<string> {
  const root = await temporaryFolder()
  await mkdir(join(root, 'main/git'), { recursive: true })
  for (const name of ['main/a.ts', 'main/git/b.ts', 'package-lock.json', 'vite.config.ts']) {
    await writeFile(join(root, name), 'x')
    await utimes(join(root, name), then, then)
  }
  return root
}

test.each<[string, (root: string) => Promise<unknown>]>([
  ['a source that is longer', (root) => writeFile(join(root, 'main/git/b.ts'), 'xx')],
  ['a source that was written again', (root) => utimes(join(root, 'main/a.ts'), then, new Date())],
  ['a new source', (root) => writeFile(join(root, 'main/c.ts'), '')],
  ['other packages', (root) => writeFile(join(root, 'package-lock.json'), 'xy')],
])('%s makes another bundle', async (_what, change) => {
  const root = await checkout()
  const before = bundlePath(root)
  expect(bundlePath(root)).toBe(before)
  await change(root)
  expect(bundlePath(root)).not.toBe(before)
})
