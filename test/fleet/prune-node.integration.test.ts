import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { keptFor, markUsed, pruneNode } from '../../main/fleet/node/prune-node.ts'
import { makeSeat, seatFiles } from '../../main/fleet/node/seat-files.ts'
import { makeSource, takeHistory } from '../../main/fleet/node/store.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { gitIn, makeRepository } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

const old = (ms: number) => new Date(Date.now() - ms - 60_000)
const home = '0'.repeat(16)

test('seats that were given nothing and histories out of use are deleted when they are old, and no work that did not come home', async () => {
  const root = await temporaryFolder()
  const seat = (id: string) => seatFiles(root, `${home}-${id}`)
  const [empty, young, given, ended] = ['0a0a0a01', '0a0a0a02', '0a0a0a03', '0a0a0a04'].map(seat) as [
    ReturnType<typeof seat>,
    ReturnType<typeof seat>,
    ReturnType<typeof seat>,
    ReturnType<typeof seat>,
  ]
  for (const files of [empty, young, given, ended]) await makeSeat(files)
  await writeFile(given.given, '{}')
  await writeFile(ended.end, '{}')

  const repo = join(root, 'user')
  await makeRepository(repo)
  const commit = await gitIn(repo, ['rev-parse', 'HEAD'])
  const stores = ['1', '2', '3'].map((digit) => ({ repository: digit.repeat(32), objectFormat: 'sha1' }) as const)
  for (const store of stores) {
    const { stdout } = await run('git', ['-C', repo, 'pack-objects', '--revs', '--stdout', '-q'], {
      input: `${commit}\n`,
      encoding: 'latin1',
    })
    await writeFile(given.clonePack, Buffer.from(stdout, 'latin1'))
    await takeHistory(root, store, commit, given)
  }
  const [read, unused] = stores as [(typeof stores)[0], (typeof stores)[0], (typeof stores)[0]]
  await makeSource(root, read, commit, given)
  for (const { repository } of [read, unused])
    await markUsed(join(root, 'repositories', `${repository}-sha1.git`), old(keptFor.storeMs))
  for (const { folder } of [empty, given, ended])
    await utimes(folder, old(keptFor.emptySeatMs), old(keptFor.emptySeatMs))

  expect((await pruneNode(root)).toSorted()).toEqual([empty.seat, `${unused.repository}-sha1.git`].toSorted())
  expect((await readdir(join(root, 'seats'))).toSorted()).toEqual([young.seat, given.seat, ended.seat])
  expect((await readdir(join(root, 'repositories'))).map((name) => name[0]).toSorted()).toEqual(['1', '3'])
  expect(await gitIn(given.source, ['rev-parse', 'HEAD^{tree}'])).not.toBe('')
  // A task that begins uses its history again.
  await mkdir(young.folder, { recursive: true })
  await makeSource(root, unused, commit, young)
  expect(await pruneNode(root)).toEqual([])
})
