import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const files = ['test/renderer', 'test/desktop']
  .flatMap((folder) => readdirSync(join(root, folder), { recursive: true }).map((name) => `${folder}/${name}`))
  .filter((file) => file.endsWith('.browser.test.ts'))

/** What may be read once: it is complete when its promise is fulfilled, or looks at what does not change by itself. */
const complete = [
  ...['callHost', 'come', 'startAgain', 'worker.run', 'hello.json', 'ended', 'streaming'],
  ...['readFile', 'readdir', 'JSON.parse', 'fusesOf', 'contentsOf', 'asar.listPackage', 'seriousFindings'],
]

/** Checks of a text that read the page, its host or the app once, in the moment after an act. */
const readOnce = (text: string): readonly string[] =>
  [...text.matchAll(/(?<![.\w])expect\(\s*((?:await\s+)?[\w.]+\(?)/g)]
    .map(([, read = '']) => read)
    .filter((read) => read.startsWith('await') || read.endsWith('('))
    .filter((read) => !complete.includes(read.replace(/^await\s+/, '').replace(/\($/, '')))
    .filter((read) => !/^[\w.]+\.(filter|map|find|some|every|reduce)\($/.test(read))

test('a check of the window is repeated until it holds, since the page acts some time after a click', () => {
  expect(files.length).toBeGreaterThan(20)
  for (const file of files) expect(readOnce(readFileSync(join(root, file), 'utf8')), file).toEqual([])
})

test('each form of a check that looks only once is found', () => {
  const checks = ['expect(await field.inputValue())', 'expect(asked())', 'expect(\n  await page.title(),\n)']
  expect(checks.filter((check) => readOnce(check).length === 0)).toEqual([])
  expect(readOnce('await expect.poll(() => field.inputValue()).toBe("")\nexpect(faults).toEqual([])')).toEqual([])
})
