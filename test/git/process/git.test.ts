import { expect, test } from 'vitest'
import { git, gitText } from '../../../main/git/process/git.ts'
import { OutputTooLarge } from '../../../main/lib/processes/output-too-large.ts'
import { makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test.each([
  ['with an input', { input: '' }],
  ['without one', {}],
])('git %s that prints more than it may throws and answers nothing', async (_how, input) => {
  const cwd = await temporaryFolder()
  await makeRepository(cwd, { files: { 'long.txt': 'x'.repeat(10_000) } })
  const options = { cwd, trust: 'none', ...input } as const
  const show = ['show', 'HEAD:long.txt']
  await expect(git(show, { ...options, outputLimitBytes: 9_999 })).rejects.toThrow(OutputTooLarge)
  expect((await git(show, { ...options, outputLimitBytes: 10_000 })).stdout).toHaveLength(10_000)
  await expect(gitText(show, { ...options, outputLimitBytes: 9_999 })).rejects.toThrow(OutputTooLarge)
})
