import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageDirectory } from '../../main/lib/files/paths.ts'
import { run } from '../../main/lib/processes/spawn.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** A guest whose image holds `a-system` and `b-bash`, on a slot that has added `c-shell`; nix-store notes what it is told to load. */
async function guest({ image = 'a-system' }: { readonly image?: string } = {}) {
  const folder = await temporaryFolder()
  const [store, state, tools] = ['store', 'var', 'tools'].map((name) => join(folder, name)) as [string, string, string]
  const info = join(store, 'd-closure-info')
  for (const path of [join(state, 'nix/db'), tools, info, join(store, '.links')]) await mkdir(path, { recursive: true })
  for (const name of ['a-system', 'b-bash', 'c-shell']) await mkdir(join(store, name))
  await writeFile(join(store, 'e-file'), '')
  await writeFile(join(store, '.links', 'x'), '')
  await writeFile(join(state, 'nix/db/db.sqlite'), 'old')
  await writeFile(join(info, 'registration'), 'what the image holds\n')
  await writeFile(join(info, 'store-paths'), `${store}/a-system\n${store}/b-bash\n`)
  await symlink(join(store, 'a-system'), join(folder, 'current-system'))
  await writeFile(join(state, 'microvm-image'), `${join(store, image)}\n`)
  await writeFile(join(folder, 'cmdline'), `quiet regInfo=${info}/registration panic=0\n`)
  await writeFile(join(tools, 'nix-store'), `#!/bin/sh\n[ "$1" = --load-db ] && cat >'${folder}/loaded' || exit 9\n`)
  await chmod(join(tools, 'nix-store'), 0o755)
  const env = {
    ...{ PATH: `${tools}:/usr/bin:/bin`, MICROVM_STORE: store, MICROVM_NIX_STATE: state },
    ...{ MICROVM_SYSTEM: join(folder, 'current-system'), MICROVM_COMMAND_LINE: join(folder, 'cmdline') },
  }
  const agree = () => run('bash', [join(packageDirectory(), 'nix', 'store.sh')], { env })
  const mark = () => readFile(join(state, 'microvm-image'), 'utf8').catch(() => undefined)
  return { folder, store, state, tools, info, agree, mark }
}

test('while the image stays the same the slot keeps what it added', async () => {
  const { agree, store, state } = await guest()
  expect(await agree()).toMatchObject({ ok: true, stdout: '' })
  expect(await readdir(store)).toContain('c-shell')
  expect(await readFile(join(state, 'nix/db/db.sqlite'), 'utf8')).toBe('old')
})

test('once the image has changed the store is that of the image, and so is what nix knows of it', async () => {
  const { agree, store, state, folder, mark } = await guest({ image: 'an-earlier-system' })
  expect(await agree()).toMatchObject({ ok: true, stdout: expect.stringContaining('has changed') })
  expect((await readdir(store)).toSorted()).toEqual(['a-system', 'b-bash', 'd-closure-info'])
  expect(await readdir(join(state, 'nix'))).not.toContain('db')
  expect(await readFile(join(folder, 'loaded'), 'utf8')).toBe('what the image holds\n')
  expect(await mark()).toBe(`${store}/a-system\n`)
})

test('a slot that could not be brought to agree is tried again at the next start', async () => {
  const { agree, tools, mark, store } = await guest({ image: 'an-earlier-system' })
  const nixStore = await readFile(join(tools, 'nix-store'), 'utf8')
  await writeFile(join(tools, 'nix-store'), '#!/bin/sh\nexit 1\n')
  expect((await agree()).ok).toBe(false)
  expect(await mark()).toBeUndefined()
  await writeFile(join(tools, 'nix-store'), nixStore)
  expect((await agree()).ok).toBe(true)
  expect(await mark()).toBe(`${store}/a-system\n`)
})

test('an image that does not say what it holds is refused, and nothing of the slot is deleted', async () => {
  const { agree, info, store } = await guest({ image: 'an-earlier-system' })
  await writeFile(join(info, 'store-paths'), '')
  expect(await agree()).toMatchObject({ ok: false, stderr: expect.stringContaining('does not say') })
  expect(await readdir(store)).toContain('c-shell')
})
