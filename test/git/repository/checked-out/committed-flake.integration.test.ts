import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { committedFlake } from '../../../../main/git/repository/checked-out/committed-flake.ts'
import { findFlakeProblem } from '../../../../main/git/repository/checked-out/find-flake.ts'
import { commitFiles, gitIn, makeRepository } from '../../../support/git/repositories.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

/** A repository with one commit, whose message has the form of an answer of git's. */
async function repository(): Promise<string> {
  const path = join(await temporaryFolder(), 'project')
  await makeRepository(path, { flake: null })
  await gitIn(path, ['commit', '--quiet', '--allow-empty', `--message=${'0'.repeat(40)} blob 4\nfake\n`])
  return path
}

test('the text is that of the commit, whatever its message says and the work tree holds', async () => {
  const path = await repository()
  const flake = '{ description = "für alle"; }\n\n'
  await commitFiles(path, { 'flake.nix': flake })
  await gitIn(path, ['commit', '--quiet', '--allow-empty', `--message=${'0'.repeat(40)} blob 4\nfake\n`])
  await writeFile(join(path, 'flake.nix'), 'changed since')
  expect(await committedFlake(path)).toBe(flake)
  expect(await findFlakeProblem(path)).toBeNull()
})

test('a link is followed inside the commit', async () => {
  const path = await repository()
  await mkdir(join(path, 'nix'))
  await symlink('nix/flake.nix', join(path, 'flake.nix'))
  await commitFiles(path, { 'nix/flake.nix': '{ }' })
  await gitIn(path, ['add', '--all'])
  await gitIn(path, ['commit', '--quiet', '--amend', '--no-edit'])
  expect(await committedFlake(path)).toBe('{ }')
})

const without: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  'there is none': async () => undefined,
  'it is a folder': (path) => commitFiles(path, { 'flake.nix/default.nix': '{ }' }),
  'it is larger than eight megabytes': (path) => commitFiles(path, { 'flake.nix': ' '.repeat(8 * 1024 ** 2 + 1) }),
  'nothing is committed': async (path) => await gitIn(path, ['checkout', '--quiet', '--orphan', 'empty']),
}

test.each(Object.entries(without))('there is no text where %s', async (_why, change) => {
  const path = await repository()
  await change(path)
  expect(await committedFlake(path)).toBeUndefined()
})
