import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { committedFiles, readingBounds } from '../../main/environment/committed-files.ts'
import { commitFiles, type Files, gitIn } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

async function repositoryWith(files: Files): Promise<string> {
  const folder = await temporaryFolder()
  await gitIn(folder, ['init', '--quiet', '--initial-branch=main'])
  await commitFiles(folder, files)
  return folder
}

const paths = (files: readonly { readonly path: string }[]): readonly string[] => files.map(({ path }) => path)

test('the commit counts, and not what lies beside it', async () => {
  const folder = await repositoryWith({ 'package.json': '{"a":1}', 'src/main.ts': '', 'web/.nvmrc': '22' })
  await commitFiles(folder, { '.gitignore': 'go.mod\n' })
  const { files, doubts } = await committedFiles(folder, 'HEAD~1')
  expect(files).toEqual([
    { path: 'package.json', text: '{"a":1}' },
    { path: 'web/.nvmrc', text: '22' },
  ])
  expect(doubts).toEqual([])
})

test('links, folders that hold the code of others, and deep ones are not followed', async () => {
  const folder = await repositoryWith({
    'a/b/c/go.mod': 'go 1.25',
    'a/b/c/d/go.mod': 'go 1.25',
    'node_modules/x/package.json': '{}',
    'vendor/y/go.mod': '',
    ':(top)/Cargo.toml': '[package]',
    '*/Gemfile': '',
  })
  await symlink('/etc/passwd', join(folder, '.nvmrc'))
  await commitFiles(folder, {})
  const { files, doubts } = await committedFiles(folder, 'HEAD')
  expect(paths(files).toSorted()).toEqual(['*/Gemfile', ':(top)/Cargo.toml', 'a/b/c/go.mod'])
  expect(doubts).toEqual(['.nvmrc is a link, and was not read'])
})

test('what is too large or no text is told', async () => {
  const folder = await repositoryWith({
    'package.json': `{"x":"${'y'.repeat(readingBounds.fileBytes)}"}`,
    'go.mod': Buffer.from([0x67, 0, 0x6f, 0xff]),
    '.nvmrc': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('22', 'utf16le')]),
  })
  const { files, doubts } = await committedFiles(folder, 'HEAD')
  expect(files).toEqual([
    { path: '.nvmrc', text: '22' },
    { path: 'go.mod', text: null },
    { path: 'package.json', text: null },
  ])
  expect(doubts).toEqual([
    'package.json is larger than 256 KiB, and was not read',
    'go.mod is no text, and was not read',
  ])
})

test('many files and folders are bounded, and how many were left out is told', async () => {
  const many = Object.fromEntries(
    Array.from({ length: readingBounds.folders + 20 }, (_, index) => [`app${index}/package.json`, '{}']),
  )
  const { files, doubts } = await committedFiles(await repositoryWith(many), 'HEAD')
  expect(files).toHaveLength(readingBounds.files)
  expect(doubts).toEqual([
    `Of ${readingBounds.folders + 20} folders at one level, ${readingBounds.folders} were looked into`,
    `Of ${readingBounds.folders} files that may say what is needed, ${readingBounds.files} were read`,
  ])
})
