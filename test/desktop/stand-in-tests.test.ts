import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const files = readdirSync(import.meta.dirname).filter((name) => /\.(browser|machine)\.test\.ts$/.test(name))

/** Titles of tests that steer the stand-in and would be run on real Electron, where nothing listens to them. */
const misplaced = (text: string): readonly string[] =>
  text
    .split(/^(?=\w*[tT]est(?:\.\w+)?\()/m)
    .filter((part) => /^test\b/.test(part) && /STAND_IN_|support\/electron\/electron/.test(part))
    .map((part) => part.split('\n', 1)[0] ?? '')

test('no test that only the stand-in can pass is run on real Electron', () => {
  expect(files.length).toBeGreaterThan(5)
  expect(files.flatMap((name) => misplaced(readFileSync(join(import.meta.dirname, name), 'utf8')))).toEqual([])
  const one = "test('x', async () => {\n  await startApp({ env: { STAND_IN_PLATFORM: 'darwin' } })\n})\n"
  expect(misplaced(one)).toHaveLength(1)
  expect(misplaced(`standInT${one.slice(1)}`)).toEqual([])
})
