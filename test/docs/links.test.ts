import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { pageNames, root } from '../support/docs/pages.ts'

const documents = [
  ...[
    'README.md',
    'CONTRIBUTING.md',
    'SECURITY.md',
    'AGENTS.md',
    'main/README.md',
    'test/README.md',
    'renderer/README.md',
  ],
  ...pageNames().map((name) => join('docs', name)),
]
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8')

/** As a host of repositories makes anchors of headings. */
const anchorsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

function brokenLinks(path: string, text: string): readonly string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
  return links
    .filter((target) => !/^https?:/.test(target))
    .filter((target) => {
      const [file = '', anchor] = target.split('#')
      const place = file === '' ? path : join(dirname(path), file)
      if (!existsSync(join(root, place))) return true
      return anchor !== undefined && !anchorsIn(textOf(place)).includes(anchor)
    })
}

test('a link to a file or a heading that is not there is found', () => {
  const text =
    '[a](docs/cli.md) [b](docs/absent.md) [c](docs/cli.md#tasks) [d](docs/cli.md#absent) [e](https://example.com/x)'
  expect(brokenLinks('README.md', text)).toEqual(['docs/absent.md', 'docs/cli.md#absent'])
})

test.for(documents)('every link of %s leads somewhere', (path) => {
  expect(brokenLinks(path, textOf(path))).toEqual([])
})

test('the README leads to every page of `docs/`', () => {
  const links = textOf('README.md')
  const pages = pageNames().filter((name) => !name.includes('/'))
  expect(pages.filter((name) => !links.includes(`(docs/${name})`))).toEqual([])
})

/** Test files that a document names in code, by their path from the root or from `test/`, that are not there. */
const absentTests = (text: string): readonly string[] =>
  [...text.matchAll(/`([\w/.-]+\.test\.ts)`/g)]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('X.')) // Any name.
    .filter((name) => !existsSync(join(root, name)) && !existsSync(join(root, 'test', name)))

test('a test that is not there is found', () => {
  expect(absentTests('`docs/links.test.ts` `test/docs/links.test.ts` `docs/absent.test.ts`')).toEqual([
    'docs/absent.test.ts',
  ])
})

test.for(documents)('every test that %s names is there', (path) => {
  expect(absentTests(textOf(path))).toEqual([])
})
