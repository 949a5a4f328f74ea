import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const renderer = join(import.meta.dirname, '../../renderer')
const files = readdirSync(renderer, { recursive: true, encoding: 'utf8' }).filter((name) => /\.tsx?$/.test(name))

/** Parts that are loaded with no look at whose server is there. */
const carefree = (text: string): readonly string[] =>
  [...text.replaceAll(/\s+/g, '').matchAll(/(.{0,80})(?<!typeof)import\(['"]/g)]
    .map(([, before = '']) => before)
    .filter((before) => !/(later\(async\(\)=>\(await|fromServer\(\(\)=>(Promise\.all\(\[load\(\),)?)$/.test(before))

test('each part that the window loads later is of its own server, since another program may have the port meanwhile', () => {
  expect(files.length).toBeGreaterThan(100)
  for (const file of files) expect(carefree(readFileSync(join(renderer, file), 'utf8')), file).toEqual([])
})

test('a part that would be loaded from any program is found', () => {
  const kept =
    "later(async () => (await import('./a.tsx')).A)\nfromServer(() => import('./b.tsx'))\nlet x: typeof import('c')"
  expect(carefree(kept)).toEqual([])
  expect(carefree("const A = lazy(() => import('./a.tsx'))")).toHaveLength(1)
})
