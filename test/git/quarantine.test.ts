import { chmod, mkdir, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openQuarantine } from '../../main/git/quarantine.ts'
import { temporaryFolder } from '../support/temporary.ts'

const commit = 'tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx\n'

/** The permissions of a commit that was let in, and of its folder. */
async function letIn(store: number, umask: number): Promise<readonly number[]> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'objects'))
  await chmod(join(folder, 'objects'), store)
  const before = process.umask(umask)
  onTestFinished(() => void process.umask(before))
  await using quarantine = await openQuarantine(folder, 'sha1')
  const id = await quarantine.writeCommit(commit)
  await quarantine.letIn()
  const fan = join(folder, 'objects', id.slice(0, 2))
  expect(await readdir(fan)).toEqual([id.slice(2)])
  return await Promise.all([fan, join(fan, id.slice(2))].map(async (path) => (await stat(path)).mode & 0o7777))
}

test.each([
  ['its owner alone', 0o700, 0o400],
  ['everybody to read', 0o755, 0o444],
  ['a group to write', 0o2770, 0o440],
  ['a group to write and everybody to read', 0o2775, 0o444],
])('what is let into a store that is for %s is so too, whatever the umask', async (_, store, file) => {
  for (const umask of [0o000, 0o022, 0o077]) expect(await letIn(store, umask)).toEqual([store, file])
})
