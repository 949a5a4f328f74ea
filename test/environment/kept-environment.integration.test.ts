import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { detect } from '../../main/environment/detect/detect.ts'
import { readFlakeFiles } from '../../main/environment/flake-files.ts'
import { environmentFolder, keepEnvironment } from '../../main/environment/kept-environment.ts'
import { temporaryFolder } from '../support/temporary.ts'

const node = (version: string) => detect([{ path: '.nvmrc', text: version }])

async function place() {
  const home = join(await temporaryFolder(), 'home')
  await mkdir(home, { mode: 0o700 })
  const folder = environmentFolder(home, 'app')
  const keep = (version: string, options?: { readonly again: boolean }, path = '/code/app') =>
    keepEnvironment(home, { alias: 'app', path }, node(version), options)
  const flake = () => readFile(join(folder, 'flake.nix'), 'utf8')
  return { folder, keep, flake }
}

test('it is made once, stays, and is made again when other tools are found, with the difference', async () => {
  const { keep, flake } = await place()
  expect(await keep('22')).toEqual({ kind: 'made' })
  const first = await flake()
  expect(await keep('22')).toEqual({ kind: 'same' })
  expect(await flake()).toBe(first)
  expect(await keep('24')).toEqual({ kind: 'changed', added: ['nodejs_24'], removed: ['nodejs_22'] })
  expect(await flake()).toContain('"nodejs_24"')
})

test('one that was edited stays as it is, and what is found beside it is told', async () => {
  const { folder, keep, flake } = await place()
  await keep('22')
  await writeFile(join(folder, 'flake.nix'), 'mine')
  expect(await keep('22')).toEqual({ kind: 'same' })
  expect(await keep('24')).toEqual({ kind: 'edited', added: ['nodejs_24'], removed: ['nodejs_22'] })
  expect(await flake()).toBe('mine')
})

test('asked for again, an edited one is made again and kept beside it', async () => {
  const { folder, keep, flake } = await place()
  await keep('22')
  await writeFile(join(folder, 'flake.nix'), 'mine')
  expect(await keep('24', { again: true })).toMatchObject({ kind: 'changed' })
  expect(await flake()).toContain('"nodejs_24"')
  expect(await readFile(join(folder, 'flake.nix.before'), 'utf8')).toBe('mine')
})

test('an alias that another repository had begins again, and nothing that was edited is lost', async () => {
  const { folder, keep, flake } = await place()
  await keep('22')
  await writeFile(join(folder, 'flake.nix'), 'of the other')
  expect(await keep('22', undefined, '/code/other')).toEqual({ kind: 'made' })
  expect(await flake()).toContain('"nodejs_22"')
  expect(await readFile(join(folder, 'flake.nix.before'), 'utf8')).toBe('of the other')
})

test('a damaged note of what was made takes the flake for the user’s', async () => {
  const { folder, keep } = await place()
  await keep('22')
  await writeFile(join(folder, 'made.json'), '{"repository"')
  await keep('24')
  expect(await readFile(join(folder, 'flake.nix.before'), 'utf8')).toContain('"nodejs_22"')
})

test('a guest is given the files of the flake and nothing of ours, no link and nothing hidden', async () => {
  const { folder, keep } = await place()
  await keep('22')
  await mkdir(join(folder, 'parts'))
  await writeFile(join(folder, 'parts', 'more.nix'), '{ }')
  await writeFile(join(folder, '.secret'), 'x')
  await symlink('/etc/passwd', join(folder, 'link.nix'))
  expect([...(await readFlakeFiles(folder)).keys()]).toEqual(['flake.lock', 'flake.nix', 'parts/more.nix'])
})

test.each([
  ['that is not there', async () => undefined, 'is not there'],
  ['with no flake', async (folder: string) => void (await mkdir(folder)), 'There is no flake.nix in'],
  [
    'that holds too much',
    async (folder: string) => {
      await mkdir(folder)
      await writeFile(join(folder, 'flake.nix'), '{ }')
      await writeFile(join(folder, 'huge.nix'), 'x'.repeat(1024 ** 2))
    },
    'holds more than 64 files or 1 MiB',
  ],
])('a folder %s is refused with what to do', async (_what, make, message) => {
  const folder = join(await temporaryFolder(), 'flake')
  await make(folder)
  await expect(readFlakeFiles(folder)).rejects.toMatchObject({
    code: 'environment-invalid',
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/./),
  })
})
