import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { listApart } from '../../../main/git/merge/divergence.ts'
import { openObjectReader } from '../../../main/git/process/objects.ts'
import { commitFiles, gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('what a branch and a task have apart is told in the order of a replay, with the commit that they have in common', async () => {
  const repo = join(await temporaryFolder(), 'project')
  const start = await makeRepository(repo)
  const user = { cwd: repo, trust: 'user' } as const
  const work: string[] = []
  for (const name of ['one', 'two', 'three']) work.push(await commitFiles(repo, { [name]: name }))
  const commit = work.at(-1) ?? ''
  await gitIn(repo, ['reset', '--hard', '--quiet', start])
  await using reader = await openObjectReader(user)
  const apart = (tip: string, end: string) => listApart(user, tip, end, reader)
  const counting = { read: vi.fn(reader.read) }
  expect(await listApart(user, start, commit, counting)).toEqual({
    inBranch: 0,
    inWork: work,
    shared: new Set([start]),
  })
  expect(counting.read).toHaveBeenCalledTimes(3)
  expect(await apart(start, start)).toMatchObject({ inBranch: 0, inWork: [] })
  await commitFiles(repo, { mine: '1' })
  const tip = await commitFiles(repo, { mine: '2' })
  expect(await apart(tip, commit)).toEqual({ inBranch: 2, inWork: work, shared: new Set([start]) })
  expect(await apart(tip, start)).toMatchObject({ inBranch: 2, inWork: [] })
  expect(await apart(tip, '1'.repeat(40))).toBeNull()
  await expect(apart('1'.repeat(40), commit)).rejects.toThrow('rev-list')
})

test('a merge commit, a history that begins elsewhere and a long line are read as git reads them', async () => {
  const repo = join(await temporaryFolder(), 'project')
  const start = await makeRepository(repo)
  const user = { cwd: repo, trust: 'user' } as const
  await using reader = await openObjectReader(user)
  const listed = async (range: string) =>
    (await gitIn(repo, ['rev-list', '--reverse', '--topo-order', range])).split('\n').filter(Boolean)
  const expectAsGit = async (end: string) =>
    expect(await listApart(user, start, end, reader)).toMatchObject({
      inBranch: 0,
      inWork: await listed(`${start}..${end}`),
    })

  await gitIn(repo, ['checkout', '-q', '-b', 'side'])
  await commitFiles(repo, { side: '1' })
  await gitIn(repo, ['checkout', '-q', 'main'])
  await commitFiles(repo, { other: '1' })
  await gitIn(repo, ['merge', '-q', '--no-edit', 'side'])
  await expectAsGit(await gitIn(repo, ['rev-parse', 'HEAD']))

  for (let number = 0; number < 102; number += 1)
    await gitIn(repo, ['commit', '-q', '--allow-empty', '-m', `${number}`])
  await expectAsGit(await gitIn(repo, ['rev-parse', 'HEAD']))

  await gitIn(repo, ['checkout', '-q', '--orphan', 'elsewhere'])
  const orphan = await commitFiles(repo, { elsewhere: '1' })
  expect(await listApart(user, start, orphan, reader)).toMatchObject({ inBranch: 1, inWork: [orphan] })
})

test('a commit that names a parent where git reads none stands on nothing', async () => {
  const repo = join(await temporaryFolder(), 'project')
  const start = await makeRepository(repo)
  const user = { cwd: repo, trust: 'user' } as const
  await using reader = await openObjectReader(user)
  const who = 'A <a@example.test> 1 +0000'
  const raw = join(await temporaryFolder(), 'raw')
  const tree = await gitIn(repo, ['rev-parse', 'HEAD^{tree}'])
  await writeFile(raw, `tree ${tree}\nauthor ${who}\ncommitter ${who}\nparent ${start}\n\nForged\n`)
  const forged = await gitIn(repo, ['hash-object', '-t', 'commit', '-w', raw])
  expect(await gitIn(repo, ['log', '--format=%P', forged])).toBe('')
  expect(await listApart(user, start, forged, reader)).toEqual({ inBranch: 1, inWork: [forged], shared: new Set() })
})
