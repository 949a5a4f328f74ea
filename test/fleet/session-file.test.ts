import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packSession, unpackSession } from '../../main/fleet/node/session-file.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('what an agent remembers is the same after it was away, and a link of the guest is none of it', async () => {
  const root = await temporaryFolder()
  const [folder, file, again] = ['session', 'file', 'again'].map((name) => join(root, name)) as [string, string, string]
  await mkdir(join(folder, '-workspace-repo', 'deep'), { recursive: true })
  await writeFile(join(folder, '-workspace-repo', 'one.jsonl'), 'one\n')
  await writeFile(join(folder, '-workspace-repo', 'deep', 'two'), Buffer.from([0, 255, 10]))
  await writeFile(join(folder, 'empty'), '')
  await writeFile(join(root, 'secret'), 'of the host')
  await symlink(join(root, 'secret'), join(folder, 'link'))
  await symlink(root, join(folder, 'folder'))
  expect(await packSession(folder, file)).toBe(true)
  await unpackSession(file, again)
  expect((await readdir(again, { recursive: true })).toSorted()).toEqual([
    ...['-workspace-repo', '-workspace-repo/deep', '-workspace-repo/deep/two', '-workspace-repo/one.jsonl', 'empty'],
  ])
  expect(await readFile(join(again, '-workspace-repo', 'deep', 'two'))).toEqual(Buffer.from([0, 255, 10]))
  expect(await readFile(file, 'utf8')).not.toContain('of the host')
})

test('one with too many files is not kept, and of a folder that is none nothing is', async () => {
  const root = await temporaryFolder()
  await mkdir(join(root, 'many'))
  for (let number = 0; number <= 2_000; number += 1) await writeFile(join(root, 'many', String(number)), '')
  expect(await packSession(join(root, 'many'), join(root, 'file'))).toBe(false)
  expect((await readdir(root)).toSorted()).toEqual(['many'])
  // Links and folders are looked at as well, and a guest can make as many as it likes.
  await mkdir(join(root, 'links'))
  for (let number = 0; number <= 10_000; number += 1) await symlink('/', join(root, 'links', String(number)))
  expect(await packSession(join(root, 'links'), join(root, 'file'))).toBe(false)
  expect((await readdir(root)).toSorted()).toEqual(['links', 'many'])
  await symlink('/etc', join(root, 'link'))
  expect(await packSession(join(root, 'link'), join(root, 'file'))).toBe(true)
  expect(await readFile(join(root, 'file'))).toHaveLength(0)
})

const entry = (path: string, content: string): Buffer => {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(Buffer.byteLength(path), 0)
  head.writeUInt32BE(Buffer.byteLength(content), 4)
  return Buffer.concat([head, Buffer.from(path), Buffer.from(content)])
}

test.for<readonly [string, Buffer]>([
  ['leads out of its folder', entry('../out', 'x')],
  ['has a path from the root', entry('/tmp/out', 'x')],
  ['names a file twice', Buffer.concat([entry('a', 'x'), entry('a', 'y')])],
  ['says that it is longer than it is', entry('a', 'x').subarray(0, -1)],
  ['ends within a head', Buffer.from([0, 0])],
  [
    'has more files than a session',
    Buffer.concat(Array.from({ length: 2_001 }, (_, number) => entry(`${number}`, ''))),
  ],
  ['has a name that no file can have', entry(Array(2_100).fill('a').join('/'), '')],
  ['has too many folders in each other', entry('a/b/c/d/e/f/g/h/i/j', '')],
  ['is longer than a session', Buffer.alloc(64 * 1024 ** 2 + 1)],
])('a file that %s is no session', async ([, bytes]) => {
  const root = await temporaryFolder()
  await writeFile(join(root, 'file'), bytes)
  await expect(unpackSession(join(root, 'file'), join(root, 'again'))).rejects.toThrow()
  expect((await readdir(root)).filter((name) => name === 'out')).toEqual([])
  expect((await readdir(join(root, 'again')).catch(() => [])).length).toBeLessThan(2)
})
