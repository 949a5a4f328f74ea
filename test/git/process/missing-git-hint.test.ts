import { expect, test } from 'vitest'
import { missingGit } from '../../../main/git/process/missing-git.ts'

test.each([
  ['darwin', 'xcode-select --install'],
  ['linux', 'apt-get install git'],
] as const)('on %s a git that is missing comes by %s', (platform, cure) => {
  const error = missingGit('/', 'spawn git ENOENT', platform)
  expect(error?.hint).toContain(cure)
  if (platform === 'darwin') expect(error?.hint).not.toContain('apt')
})
