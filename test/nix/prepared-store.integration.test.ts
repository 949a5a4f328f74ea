import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { writeFiles } from '../support/git/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

const unshare = ['--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])]

/** Two prepared disks and a slot's disk, as the guest's init has them; each call is one boot of the slot. */
async function slot() {
  const folder = await temporaryFolder()
  for (const name of ['nix/store', 'nix/var', 'slot', 'cache']) await mkdir(join(folder, name), { recursive: true })
  for (const disk of ['a', 'b']) {
    await writeFiles(join(folder, disk), {
      'store/shell/name': disk,
      'store/tool': disk,
      'var/nix/db/db.sqlite': `what is in ${disk}`,
      'var/prepared/fetcher-cache.sqlite': disk,
      'var/prepared/eval-cache/one': disk,
    })
  }
  // Below a mount of its own: an overlay lies on no other one.
  const script = `
    set -e
    mount -t tmpfs none "$0/slot"
    cp -a "$0/slot.kept/." "$0/slot/" 2>/dev/null || :
    . '${join(packageDirectory(), 'nix/debian/prepared-store.sh')}'
    cd "$0"
    lay_prepared "$0/$1" "$0/slot" "number of $1" "$0/nix"
    take_caches "$0/nix" "$0/cache"
    eval "$2"
    cd /
    umount "$0/nix/store"
    rm -rf "$0/slot.kept" && cp -a "$0/slot" "$0/slot.kept"`
  return {
    folder,
    boot: async (disk: 'a' | 'b', command: string) => {
      const { ok, stdout, stderr } = await run('unshare', [...unshare, 'sh', '-c', script, folder, disk, command])
      expect(ok, stderr).toBe(true)
      return stdout.trim().split('\n')
    },
  }
}

test('a slot has what was prepared, and keeps what it adds itself', async () => {
  const { boot } = await slot()
  expect(await boot('a', 'cat nix/store/shell/name nix/store/tool; echo; cat nix/var/nix/db/db.sqlite')).toEqual([
    'aa',
    'what is in a',
  ])
  await boot('a', 'echo mine >nix/store/mine; echo and mine >>nix/var/nix/db/db.sqlite')
  expect(await boot('a', 'ls nix/store; cat nix/store/mine; cat nix/var/nix/db/db.sqlite')).toEqual([
    ...['mine', 'shell', 'tool', 'mine', 'what is in aand mine'],
  ])
})

test('whatever a guest does to its store and to what nix knows, the disk and every other slot stay as they were', async () => {
  const { folder, boot } = await slot()
  await boot('a', 'echo evil >nix/store/tool; rm -r nix/store/shell; echo evil >nix/var/nix/db/db.sqlite; ls')
  expect(await boot('a', 'cat nix/store/tool; ls nix/store')).toEqual(['evil', 'tool'])
  expect(await readFile(join(folder, 'a/store/tool'), 'utf8')).toBe('a')
  expect(await readdir(join(folder, 'a/store/shell'))).toEqual(['name'])
  expect(await readFile(join(folder, 'a/var/nix/db/db.sqlite'), 'utf8')).toBe('what is in a')
})

test('over another disk nothing is left of what was added over the one before', async () => {
  const { boot } = await slot()
  await boot('a', 'echo mine >nix/store/mine; echo mine >>nix/var/nix/db/db.sqlite; ls')
  expect(await boot('b', 'ls nix/store; cat nix/store/tool; echo; cat nix/var/nix/db/db.sqlite')).toEqual([
    ...['shell', 'tool', 'b', 'what is in b'],
  ])
})

test('what was remembered where the disk was prepared is taken once, and never over what the slot remembers', async () => {
  const { folder, boot } = await slot()
  await writeFiles(join(folder, 'cache'), { 'eval-cache/own': 'own', 'fetcher-cache.sqlite': 'own' })
  expect(await boot('a', 'cat cache/fetcher-cache.sqlite; echo; ls cache/eval-cache; ls nix/var')).toEqual([
    ...['own', 'one', 'own', 'nix'],
  ])
  expect(await boot('a', 'rm cache/eval-cache/one; ls cache/eval-cache')).toEqual(['own'])
  expect(await boot('a', 'ls cache/eval-cache')).toEqual(['own'])
})

test('a layer whose making was cut off is made again', async () => {
  const { boot } = await slot()
  await boot('a', 'rm slot/prepared/identity; echo half >nix/var/nix/db/db.sqlite; ls')
  expect(await boot('a', 'cat nix/var/nix/db/db.sqlite')).toEqual(['what is in a'])
})
