import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { EnvironmentWish } from '../../../main/core/environment/environment.ts'
import { chooseEnvironment, chosenText } from '../../../main/tasks/environments/choose-environment.ts'
import { requireEnvironment } from '../../../main/tasks/environments/require-environment.ts'
import { commitFiles, type Files, gitIn } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const shell = '{ outputs = _: { devShells.x86_64-linux.default = 1; }; }'
const configuration = '{ outputs = _: { nixosConfigurations = { }; }; }'

async function place(files: Files) {
  const root = await temporaryFolder()
  const [home, path] = [join(root, 'home'), join(root, 'app')]
  await mkdir(home, { mode: 0o700 })
  await mkdir(path)
  await gitIn(path, ['init', '--quiet', '--initial-branch=main'])
  if (Object.keys(files).length > 0) await commitFiles(path, files)
  const choose = (environment?: EnvironmentWish) =>
    chooseEnvironment({ alias: 'app', path, ...(environment && { environment }) }, { home })
  return { root, home, path, choose }
}

test('a flake with a shell comes first', async () => {
  const { choose } = await place({ 'flake.nix': shell, 'package.json': '{}', '.devcontainer.json': '{"image":"a"}' })
  expect(await choose()).toEqual({ environment: { kind: 'flake' }, notes: [] })
  expect(await choose()).toEqual({ environment: { kind: 'flake' }, notes: [] })
})

test('without one it is the tools that the files ask for, in a flake in the home', async () => {
  const { home, path, choose } = await place({ 'package.json': '{"packageManager":"pnpm@10"}' })
  const chosen = await choose()
  expect(chosen).toMatchObject({ environment: { kind: 'tools' }, notes: [] })
  expect(chosenText('app', chosen)).toBe('tools that its files ask for: Node 24, pnpm 10 (environments/app/flake.nix)')
  expect(await readFile(join(home, 'environments', 'app', 'flake.nix'), 'utf8')).toContain('"pnpm_10"')
  await commitFiles(path, { '.nvmrc': '22' })
  expect((await choose()).notes).toEqual([
    'The environment was made again, because the repository asks for other tools: +nodejs_22 -nodejs_24',
  ])
})

test('a flake that surely has no shell gives way to tools, and says so; with no tools it is tried', async () => {
  const { path, choose } = await place({ 'flake.nix': configuration })
  expect(await choose()).toMatchObject({ environment: { kind: 'flake' } })
  await commitFiles(path, { 'go.mod': 'go 1.25' })
  expect(await choose()).toMatchObject({
    environment: { kind: 'tools' },
    notes: [expect.stringContaining('has no devShells')],
  })
  expect(await choose({ kind: 'flake' })).toEqual({ environment: { kind: 'flake' }, notes: [] })
})

test('a flake that is a link to a file of the commit is judged by that file', async () => {
  const { path, choose } = await place({ 'nix/flake.nix': shell, 'go.mod': 'go 1.25' })
  await symlink('nix/flake.nix', join(path, 'flake.nix'))
  await gitIn(path, ['add', 'flake.nix'])
  await commitFiles(path, { 'README.md': 'x' })
  expect(await choose()).toEqual({ environment: { kind: 'flake' }, notes: [] })
})

test('where nothing is found it is the known error, with the one command that cures it', async () => {
  const { path, choose } = await place({ 'README.md': '' })
  await expect(choose()).rejects.toMatchObject({
    code: 'flake-missing',
    message: `No flake.nix found in ${path}`,
    hint: `Add one with a devShells.default output and commit it. To work with the guest's own tools, run: microvm-orchestrator allow ${path} --environment plain`,
  })
  expect(await choose({ kind: 'plain' })).toEqual({ environment: { kind: 'plain' }, notes: [] })
  await expect(choose({ kind: 'tools' })).rejects.toMatchObject({ code: 'environment-invalid' })
  await expect(choose({ kind: 'flake' })).rejects.toMatchObject({
    message: `No flake.nix found in ${path}`,
    hint: 'Add one with a devShells.default output and commit it',
  })
})

test('where nothing is found, the error says what was not read', async () => {
  const { path, choose } = await place({ 'README.md': '' })
  await symlink('/etc/passwd', join(path, 'package.json'))
  await gitIn(path, ['add', 'package.json'])
  await commitFiles(path, { 'README.md': 'x' })
  await expect(choose()).rejects.toMatchObject({
    message: `No flake.nix found in ${path}`,
    hint: expect.stringContaining('. package.json is a link, and was not read. To work with'),
  })
})

test('a flake that is not committed keeps its own cure', async () => {
  const { path, choose } = await place({ 'package.json': '{}' })
  await writeFile(join(path, 'flake.nix'), shell)
  await expect(choose()).rejects.toMatchObject({ message: expect.stringContaining('is not committed') })
})

test('a repository without a commit is refused in every environment', async () => {
  const { choose } = await place({})
  for (const kind of ['auto', 'flake', 'devcontainer', 'tools', 'plain'] as const) {
    await expect(choose({ kind }), kind).rejects.toMatchObject({ code: 'repository-invalid' })
  }
})

test('a dev container comes before the tools that are found, and after a flake with a shell', async () => {
  const files = { '.devcontainer/devcontainer.json': '{ "image": "debian:13", /* small */ }', 'go.mod': 'go 1.25' }
  const { path, choose } = await place(files)
  const container = { kind: 'devcontainer', file: '.devcontainer/devcontainer.json' } as const
  const chosen = await choose()
  expect(chosen).toEqual({ environment: container, notes: [] })
  expect(chosenText('app', chosen)).toBe('the dev container of .devcontainer/devcontainer.json')
  expect(await choose({ kind: 'devcontainer' })).toEqual({ environment: container, notes: [] })
  expect(await choose({ kind: 'tools' })).toMatchObject({ environment: { kind: 'tools' }, notes: [] })
  await commitFiles(path, { 'flake.nix': configuration })
  expect(await choose()).toEqual({ environment: container, notes: [expect.stringContaining('has no devShells')] })
})

test('a dev container that no guest can run gives way to tools, with the reason; alone it is in the error', async () => {
  const { path, choose } = await place({ '.devcontainer.json': '{ "image": "a", "privileged": true }' })
  const reason = '.devcontainer.json asks for a privileged container'
  await expect(choose()).rejects.toMatchObject({
    ...{ code: 'flake-missing', hint: expect.stringContaining(reason) },
  })
  await expect(choose({ kind: 'devcontainer' })).rejects.toMatchObject({
    code: 'environment-invalid',
    message: expect.stringContaining(reason),
    hint: expect.stringContaining('--environment tools (or plain)'),
  })
  await commitFiles(path, { 'go.mod': 'go 1.25' })
  const { environment, notes } = await choose()
  expect(environment).toEqual({ kind: 'tools' })
  expect(notes).toEqual([expect.stringContaining(`The dev container is not used: ${reason}`)])
})

test('where a dev container is asked for and there is none, the error says how to have one', async () => {
  const { choose } = await place({ 'go.mod': 'go 1.25' })
  await expect(choose({ kind: 'devcontainer' })).rejects.toMatchObject({
    ...{ code: 'environment-invalid', hint: expect.stringContaining('Commit a .devcontainer/devcontainer.json') },
  })
})

test('what a user names is a word or a folder with a flake outside the repository', async () => {
  const { root, path } = await place({ 'sub/flake.nix': shell })
  const own = join(root, 'tools')
  await mkdir(own)
  await writeFile(join(own, 'flake.nix'), shell)
  const named = (word: string) => requireEnvironment(word, path, root)
  expect(await named('plain')).toEqual({ kind: 'plain' })
  expect(await named('./tools')).toEqual({ kind: 'folder', path: own })
  expect(await named('devcontainer')).toEqual({ kind: 'devcontainer' })
  await expect(named('nix')).rejects.toMatchObject({ message: "There is no environment 'nix'" })
  await expect(named(join(path, 'sub'))).rejects.toMatchObject({
    message: expect.stringContaining('lies in the repository'),
  })
  await expect(named('./nowhere')).rejects.toMatchObject({ code: 'environment-invalid' })
})
