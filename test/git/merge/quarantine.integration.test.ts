import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openQuarantine, removeKeepers } from '../../../main/git/merge/quarantine.ts'
import { gitIn, makeRepository } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const commit = (message: string) =>
  `tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n${message}\n`

const few = ['1']
const many = Array.from({ length: 30 }, (_, index) => String(index))

describe('what is let into a store is for whom the store is, whatever the umask', () => {
  /** The permissions of the folders and files that commits became. */
  async function publishObjects(messages: readonly string[], store: number, umask: number) {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'objects'))
    await chmod(join(folder, 'objects'), store)
    const before = process.umask(umask)
    onTestFinished(() => void process.umask(before))
    await using quarantine = await openQuarantine(folder, 'sha1')
    for (const message of messages) await quarantine.writeCommit(commit(message))
    await quarantine.publishObjects()
    await quarantine[Symbol.asyncDispose]()
    const modes = { folders: new Set<number>(), files: new Set<number>() }
    for (const entry of await readdir(join(folder, 'objects'), { recursive: true, withFileTypes: true })) {
      const mode = (await stat(join(entry.parentPath, entry.name))).mode & 0o7777
      modes[entry.isDirectory() ? 'folders' : 'files'].add(mode)
    }
    return { folders: [...modes.folders], files: [...modes.files] }
  }

  test.each([
    ['its owner alone', 0o700, 0o400],
    ['everybody to read', 0o755, 0o444],
    ['a group to write', 0o2770, 0o440],
    ['a group to write and everybody to read', 0o2775, 0o444],
  ])('%s', async (_, store, file) => {
    for (const umask of [0o000, 0o022, 0o077])
      for (const messages of [few, many])
        expect(await publishObjects(messages, store, umask)).toEqual({ folders: [store], files: [file] })
  })
})

describe.each([
  ['few', few],
  ['many', many],
])('of %s objects', (_, messages) => {
  async function filled() {
    const repo = await temporaryFolder()
    await makeRepository(repo)
    const quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
    const ids: string[] = []
    for (const message of messages) ids.push(await quarantine.writeCommit(commit(message)))
    const isThere = (id = '', env = {}) =>
      gitIn(repo, ['cat-file', '-e', id], env).then(
        () => true,
        () => false,
      )
    return { repo, quarantine, ids, isThere }
  }

  test('git sees what was flushed, by the environments of the quarantine alone', async () => {
    const { quarantine, ids, isThere } = await filled()
    await using _ = quarantine
    const [id = ''] = ids
    expect(quarantine.held(id)).toBe(commit(messages[0] ?? ''))
    expect(await isThere(id, quarantine.reading)).toBe(false)
    await quarantine.flush()
    expect(quarantine.held(id)).toBeUndefined()
    expect(await isThere(id, quarantine.reading)).toBe(true)
    expect(await isThere(id, quarantine.writing)).toBe(true)
    expect(await isThere(id)).toBe(false)
  })

  test('nothing is left of a quarantine that let nothing in', async () => {
    const { repo, quarantine, ids, isThere } = await filled()
    const before = await readdir(join(repo, '.git/objects'))
    expect(await quarantine.isEmpty()).toBe(false)
    await quarantine.flush()
    expect(await quarantine.isEmpty()).toBe(false)
    await quarantine[Symbol.asyncDispose]()
    expect(await isThere(ids[0])).toBe(false)
    expect(await readdir(join(repo, '.git/objects'))).toEqual(before.filter((name) => !name.startsWith('tmp_')))
  })

  test('a repack of the user does not drop what was let in and has no reference yet', async () => {
    const { repo, quarantine, ids } = await filled()
    await quarantine.publishObjects()
    await gitIn(repo, ['repack', '-a', '-d', '--quiet'])
    for (const id of ids) await gitIn(repo, ['cat-file', '-e', id])
    await quarantine[Symbol.asyncDispose]()
    for (const id of ids) await gitIn(repo, ['cat-file', '-e', id])
    expect((await readdir(join(repo, '.git/objects/pack'))).filter((name) => name.endsWith('.keep'))).toEqual([])
    await gitIn(repo, ['fsck', '--strict'])
  })
})

test('a commit that nothing is to refer to is seen, and stays out', async () => {
  const repo = await temporaryFolder()
  await makeRepository(repo)
  await using quarantine = await openQuarantine(join(repo, '.git'), 'sha1')
  const id = await quarantine.writePassingCommit(commit('passing'))
  await gitIn(repo, ['cat-file', '-e', id], quarantine.reading)
  await quarantine.publishObjects()
  await expect(gitIn(repo, ['cat-file', '-e', id])).rejects.toThrow()
})

test('what a merge that died has kept from being repacked is let go, and what others keep is not', async () => {
  const folder = await temporaryFolder()
  const packs = join(folder, 'objects', 'pack')
  await mkdir(packs, { recursive: true })
  const quarantine = await openQuarantine(folder, 'sha1')
  for (const message of many) await quarantine.writeCommit(commit(message))
  await quarantine.publishObjects() // And no more: its process dies here.
  await writeFile(join(packs, 'pack-1.keep'), 'kept by me\n')
  await writeFile(join(packs, '.keep-nothing'), 'microvm-orchestrator\n')
  const before = await readdir(packs)
  await removeKeepers(folder)
  const gone = before.filter((name) => name.endsWith('.keep') && name !== 'pack-1.keep')
  expect(gone).toHaveLength(1)
  expect(await readdir(packs)).toEqual(before.filter((name) => !gone.includes(name)))
})
