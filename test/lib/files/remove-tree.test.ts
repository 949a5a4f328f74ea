import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathExists } from '../../../main/lib/files/look.ts'
import { removeTree } from '../../../main/lib/files/remove-tree.ts'
import { run, runOrThrow } from '../../../main/lib/processes/spawn.ts'
import { makeUndeletable } from '../../support/git/undeletable.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const module = join(import.meta.dirname, '../../../main/lib/files/remove-tree.ts')
const deep =
  'd=$(printf "a%.0s" $(seq 200)); for n in $(seq 40); do mkdir $d; cd -P $d; done; mkdir -p x/y; touch x/y/f; chmod 0 x'

/** As root may do anything, what is closed to its owner is tried as another user. */
const asUser = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : ['env']

test('a tree deeper than any path, with folders closed to their owner, is deleted by an ordinary user', async () => {
  const folder = await temporaryFolder()
  const tree = join(folder, 'tree')
  await mkdir(tree)
  if (process.getuid?.() === 0) await runOrThrow('chown', ['65534:65534', folder, tree])
  await runOrThrow('chmod', ['755', folder])
  const [program = 'env', ...args] = asUser
  await runOrThrow(program, [...args, 'bash', '-c', `cd ${tree}; ${deep}; mkdir -p ${tree}/z/f; chmod 0 ${tree}/z`])
  expect((await run(program, [...args, 'rm', '-rf', tree])).ok).toBe(false)
  const script = `const { removeTree } = await import(${JSON.stringify(module)}); await removeTree(${JSON.stringify(tree)})`
  const done = await run(program, [...args, process.execPath, '--input-type=module', '-e', script])
  expect(done).toMatchObject({ ok: true })
  expect(await pathExists(tree)).toBe(false)
})

test('links are deleted and not followed, and a missing folder is fine', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'victim'))
  await writeFile(join(folder, 'victim/notes.txt'), 'precious')
  await mkdir(join(folder, 'tree'))
  await symlink(join(folder, 'victim'), join(folder, 'tree/link'))
  await removeTree(join(folder, 'tree'))
  await removeTree(join(folder, 'nothing'))
  expect(await readdir(folder)).toEqual(['victim'])
  expect(await readdir(join(folder, 'victim'))).toEqual(['notes.txt'])
})

test('one that cannot be deleted is named with its reason', async () => {
  const folder = join(await temporaryFolder(), 'tree')
  await mkdir(folder)
  await writeFile(join(folder, 'f'), '')
  await makeUndeletable(folder)
  await expect(removeTree(folder)).rejects.toThrow(/tree.*cannot be deleted: .*(not permitted|busy)/i)
})
