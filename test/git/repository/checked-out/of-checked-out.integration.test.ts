import { join } from 'node:path'
import { expect, test } from 'vitest'
import { OfCheckedOut } from '../../../../main/git/repository/checked-out/of-checked-out.ts'
import { commitFiles, gitIn, makeRepository } from '../../../support/git/repositories.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

/** A search that answers, one after the other, when the test says so. */
function searches() {
  const asked: { answer: (fact: string) => void; fail: (error: Error) => void }[] = []
  const find = () =>
    new Promise<string>((answer, fail) => {
      asked.push({ answer, fail })
    })
  return { asked, facts: new OfCheckedOut(find, (fact) => fact.startsWith('lasting')) }
}

async function project(): Promise<string> {
  const path = join(await temporaryFolder(), 'project')
  await makeRepository(path)
  return path
}

test('those who ask at the same time share a search, and so does who asks later', async () => {
  const path = await project()
  const { asked, facts } = searches()
  const answers = [facts.of(path), facts.of(path), facts.of(path)]
  await expect.poll(() => asked.length).toBe(1)
  asked[0]?.answer('lasting')
  expect(await Promise.all(answers)).toEqual(['lasting', 'lasting', 'lasting'])
  expect(await facts.of(path)).toBe('lasting')
  expect(asked).toHaveLength(1)
})

test('what does not last is found anew by each, and so is what could not be found', async () => {
  const path = await project()
  const { asked, facts } = searches()
  const first = facts.of(path)
  await expect.poll(() => asked.length).toBe(1)
  const second = facts.of(path)
  asked[0]?.answer('of the moment')
  expect(await first).toBe('of the moment')
  await expect.poll(() => asked.length).toBe(2)
  asked[1]?.answer('of a later one')
  expect(await second).toBe('of a later one')
  const third = facts.of(path)
  await expect.poll(() => asked.length).toBe(3)
  const fourth = facts.of(path)
  asked[2]?.fail(new Error('git is gone'))
  await expect(third).rejects.toThrow('git is gone')
  await expect.poll(() => asked.length).toBe(4)
  asked[3]?.answer('lasting')
  expect(await fourth).toBe('lasting')
})

test('what was found while another commit was checked out is told once, and not kept', async () => {
  const path = await project()
  const { asked, facts } = searches()
  const first = facts.of(path)
  await expect.poll(() => asked.length).toBe(1)
  await commitFiles(path, { 'other.txt': 'x' })
  asked[0]?.answer('lasting of the other')
  expect(await first).toBe('lasting of the other')
  await gitIn(path, ['checkout', '--quiet', 'HEAD~1'])
  const second = facts.of(path)
  await expect.poll(() => asked.length).toBe(2)
  asked[1]?.answer('lasting of this one')
  expect(await second).toBe('lasting of this one')
})
