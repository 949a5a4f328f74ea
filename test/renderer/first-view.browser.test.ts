import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { windowDirectory } from '../support/window/build-window.ts'
import { startWindowHost } from '../support/window/window-host.ts'
import { busyScene } from '../support/window/window-scenes.ts'
import { useBrowser, withPage } from './open-window.ts'

useBrowser()

/** Of all that is needed to see the slots, as gzip makes it. */
const mostBytes = 90_000

/** The document, and what it and its scripts name to be loaded before the first of them runs. */
async function firstFiles(): Promise<readonly string[]> {
  const document = await readFile(join(windowDirectory, 'index.html'), 'utf8')
  const files = new Set(['index.html'])
  const named = [...document.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, name = '']) => name)
  for (const name of named) {
    if (files.has(name)) continue
    files.add(name)
    if (!name.endsWith('.js')) continue
    const script = await readFile(join(windowDirectory, name), 'utf8')
    for (const [, beside = ''] of script.matchAll(/(?:from|import)"\.\/([^"]+\.js)"/g)) named.push(`assets/${beside}`)
  }
  return [...files]
}

test.each(['index.html', 'quick-entry/index.html'])(
  'the styles of %s are one file, so that they hold in the order in which they were written',
  async (page) => {
    const sheets = (await readFile(join(windowDirectory, page), 'utf8')).match(/rel="stylesheet"/g)
    expect(sheets).toHaveLength(1)
  },
)

test('the slots are seen with little of the window, and the rest comes by itself', async () => {
  const first = await firstFiles()
  const sizes = await Promise.all(
    first.map(async (name) => gzipSync(await readFile(join(windowDirectory, name)), { level: 9 }).length),
  )
  expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(mostBytes)
  for (const name of first) {
    const path = join(windowDirectory, name)
    const { length } = await readFile(path)
    if (length > 200)
      for (const ending of ['br', 'gz']) expect((await stat(`${path}.${ending}`)).size).toBeLessThan(length)
  }

  await using host = await startWindowHost(busyScene, windowDirectory)
  await withPage(async (page) => {
    const later = Promise.withResolvers<void>()
    await page.route('**/assets/*', async (route) => {
      const name = new URL(route.request().url()).pathname.slice(1)
      if (!first.includes(name)) await later.promise
      await route.continue()
    })
    await page.goto(host.url)
    await page.getByRole('button', { name: /^Slot 1,/ }).waitFor()
    await expect.poll(() => page.locator('.notices').count()).toBe(0)
    later.resolve()
    await page.locator('.notices').waitFor({ state: 'attached' })
    // Views that were loaded ahead are there when the server has gone.
    await page.waitForFunction(() =>
      performance.getEntriesByType('resource').some(({ name }) => /\/review-view-[^/]*\.js$/.test(name)),
    )
  })
})
