import { expect, test } from 'vitest'
import { findOversized } from '../../../main/git/import/oversized-objects.ts'
import { commitFiles, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('a commit is too large by one of its new files, or by all of them, unpacked; what was there before does not count', async () => {
  const repo = await temporaryFolder()
  const startCommit = await makeRepository(repo, { files: { old: '0'.repeat(5000) } })
  await commitFiles(repo, { zeros: '0'.repeat(1000), 'a b': '0'.repeat(600) })
  await gitIn(repo, ['rm', '--quiet', 'zeros'])
  const commit = await commitFiles(repo, { small: 'small' })
  const look = (file: number, total: number) =>
    findOversized({ commit, startCommit }, { cwd: repo, trust: 'none' }, { file, total })

  expect(await look(1000, 1605)).toBeUndefined()
  expect(await look(999, 10_000)).toBe('zeros is larger than 999 bytes') // Also in a commit that the next one took back.
  expect(await look(10_000, 1604)).toBe('its files are larger than 1604 bytes in all')
  expect(await look(599, 10_000)).toMatch(/larger than 599 bytes$/)
})
