import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { codesIn, pageNames, readPage, root, tableRows } from '../support/docs/pages.ts'

const pathPattern = /^(main|renderer|preload|nix|test|packaging)\/[\w./-]*$/
const pathsIn = (text: string): readonly string[] => codesIn(text).filter((code) => pathPattern.test(code))
const absent = (paths: readonly string[]): readonly string[] => paths.filter((path) => !existsSync(join(root, path)))

test('a path that is not there is found', () => {
  expect(absent(pathsIn('`main/cli.ts`, `main/absent.ts`, `npm test`'))).toEqual(['main/absent.ts'])
})

test('each of the eight questions is answered with a file that is there', () => {
  const rows = tableRows(readPage('architecture.md'), 'question')
  expect(rows).toHaveLength(8)
  for (const [question, answer = ''] of rows) {
    const files = pathsIn(answer).filter((path) => /\.tsx?$/.test(path))
    expect(files, question).not.toEqual([])
    expect(absent(files), question).toEqual([])
  }
})

test.for(pageNames().filter((name) => !name.startsWith('decisions/')))('every path that %s names is there', (name) => {
  expect(absent(pathsIn(readPage(name)))).toEqual([])
})

test('the table of folders has each folder of `main/`', () => {
  const documented = tableRows(readPage('architecture.md'), 'folder').flatMap(([first = '']) => codesIn(first))
  const folders = readdirSync(join(root, 'main'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
  expect(documented.filter((name) => name.endsWith('/')).toSorted()).toEqual(
    folders.map(({ name }) => `${name}/`).toSorted(),
  )
})
