import { expect, test } from 'vitest'
import { environmentKey, nixFilesOf } from '../../../main/tasks/environments/environment-key.ts'
import { commitFiles, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const signal = new AbortController().signal

test('the key is another one with another image, another flake in place of the repository’s, and other files of Nix', () => {
  const parts = { image: 'i', given: null, own: ['a'] }
  const keys = [
    parts,
    { ...parts, image: 'j' },
    { ...parts, own: ['b'] },
    { ...parts, own: ['a', 'b'] },
    { ...parts, given: new Map([['flake.nix', 'a']]) },
    { ...parts, given: new Map([['flake.nix', 'b']]) },
  ].map(environmentKey)
  expect(new Set(keys).size).toBe(keys.length)
  expect(keys[0]).toMatch(/^[0-9a-f]{20}$/)
})

test('files of Nix and lock files count wherever they are, with what they hold, and no others', async () => {
  const folder = await temporaryFolder()
  const files = { 'nix/a b.nix': '1', 'sub/flake.lock': '2', 'flake.lock.md': '3', 'src/main.c': '4', 'nix.txt': '5' }
  const first = await nixFilesOf(folder, await makeRepository(folder, { files }), signal)
  const paths = first.map((line) => line.split('\t')[1])
  expect(paths).toEqual(['flake.nix', 'nix/a b.nix', 'sub/flake.lock'])
  const same = await nixFilesOf(folder, await commitFiles(folder, { 'src/main.c': 'other' }), signal)
  expect(same).toEqual(first)
  expect(await nixFilesOf(folder, await commitFiles(folder, { 'nix/a b.nix': 'other' }), signal)).not.toEqual(first)
})
