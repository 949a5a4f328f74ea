import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findFlakeProblem } from '../../../../main/git/repository/checked-out/find-flake.ts'
import { headStamp } from '../../../../main/git/repository/checked-out/head-stamp.ts'
import { requireFlake } from '../../../../main/tasks/admission/require-flake.ts'
import { commitFiles, gitIn, makeRepository, offlineFlake } from '../../../support/git/repositories.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

type Change = (path: string) => Promise<unknown>

const link =
  (target: string): Change =>
  async (path) => {
    await symlink(target, join(path, 'flake.nix'))
    await gitIn(path, ['add', '--all'])
    await gitIn(path, ['commit', '--quiet', '--message=link'])
  }

/** From a repository with one commit and no flake. */
const odd: Readonly<Record<string, readonly [Change, message: RegExp | null, hint?: RegExp]>> = {
  'no flake at all': [async () => undefined, /^No flake\.nix found/, /^Add one with a devShells/],
  'an untracked flake': [
    (path) => writeFile(join(path, 'flake.nix'), offlineFlake),
    /is not committed/,
    /add flake\.nix && git .* commit$/,
  ],
  'an ignored flake': [
    async (path) => {
      await commitFiles(path, { '.gitignore': 'flake.nix\n' })
      await writeFile(join(path, 'flake.nix'), offlineFlake)
    },
    /not committed, .* git ignores it/,
    /add --force/,
  ],
  'a flake that is only staged': [
    async (path) => {
      await writeFile(join(path, 'flake.nix'), offlineFlake)
      await gitIn(path, ['add', 'flake.nix'])
    },
    /is not committed/,
    /^Run: git -C \S+ commit$/,
  ],
  'a flake of another case': [
    (path) => commitFiles(path, { 'Flake.nix': offlineFlake }),
    /is named Flake\.nix/,
    /mv Flake\.nix flake\.nix/,
  ],
  'a flake below the top': [
    (path) => commitFiles(path, { 'nix/flake.nix': 'x' }),
    /^No flake/,
    /nix\/flake\.nix is not/,
  ],
  'a folder': [(path) => commitFiles(path, { 'flake.nix/default.nix': '{ }' }), /is a folder/],
  'a link to nothing': [link('nowhere'), /leads to no committed file/],
  'a link out of the repository': [link('/etc/hostname'), /leads to no committed file/],
  'a link to itself': [link('flake.nix'), /leads to no committed file/],
  'a link to a committed file': [
    async (path) => {
      await commitFiles(path, { 'nix/flake.nix': offlineFlake })
      await link('nix/flake.nix')(path)
    },
    null,
  ],
  'a committed flake that was deleted in the checkout': [
    async (path) => {
      await commitFiles(path, { 'flake.nix': offlineFlake })
      await rm(join(path, 'flake.nix'))
    },
    null,
  ],
  'a branch that is not there': [
    (path) => writeFile(join(path, '.git/HEAD'), 'ref: refs/heads/nope\n'),
    /^The branch that is checked out in \S+ has no commit$/,
    /switch main$/,
  ],
  'objects that are gone': [
    async (path) => {
      await rm(join(path, '.git/objects'), { recursive: true })
      await mkdir(join(path, '.git/objects'))
    },
    /^git cannot read the commit/,
    /fsck$/,
  ],
  'no commit': [
    async (path) => {
      await rm(join(path, '.git'), { recursive: true })
      await gitIn(path, ['init', '--quiet'])
    },
    /has no commit yet$/,
  ],
}

test.for(Object.entries(odd))(
  '%s: said, and refused before anything is cloned',
  async ([, [change, message, hint]]) => {
    const path = join(await temporaryFolder(), 'project')
    await makeRepository(path, { flake: null, files: { 'readme.md': 'x' } })
    await change(path)
    const problem = await findFlakeProblem(path)
    if (message === null) {
      expect(problem).toBeNull()
      await requireFlake(path)
      return
    }
    expect(problem?.message).toMatch(message)
    if (hint) expect(problem?.hint).toMatch(hint)
    await expect(requireFlake(path)).rejects.toThrow(message)
  },
)

test('what was good of one commit is asked again of another, and of the same not', async () => {
  const path = join(await temporaryFolder(), 'project')
  await makeRepository(path)
  await requireFlake(path)
  const stamp = await headStamp(path)
  expect(stamp).toEqual(expect.any(String))
  await gitIn(path, ['pack-refs', '--all'])
  await requireFlake(path)
  await gitIn(path, ['rm', '--quiet', 'flake.nix'])
  await requireFlake(path) // Tasks start from the commit, not from what is staged.
  await gitIn(path, ['commit', '--quiet', '--message=no flake'])
  expect(await headStamp(path)).not.toBe(stamp)
  await expect(requireFlake(path)).rejects.toThrow('No flake.nix found')
  await gitIn(path, ['checkout', '--quiet', 'HEAD~1'])
  await requireFlake(path)
})
