import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  findRepository,
  listRepositories,
  registerRepository,
  removeRepository,
} from '../../main/settings/repositories.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const failing = (code: string, message: unknown = expect.anything()) =>
  expect.objectContaining({ name: 'AppError', code, message })

test('a home that does not exist yet has no repositories, and reading does not make it', async () => {
  await using folder = await temporaryFolder()
  const home = join(folder.path, 'home')
  expect(await listRepositories(home)).toEqual([])
  await expect(stat(home)).rejects.toThrow('ENOENT')
})

test('a registered repository is in allowed-repos.json with its path and time, for its owner alone', async () => {
  await using folder = await temporaryFolder()
  const home = join(folder.path, 'home')
  expect((await registerRepository(home, { path: '/work/app' })).alias).toBe('app')
  const file = join(home, 'allowed-repos.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    app: { path: '/work/app', added: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
  })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(home)).mode & 0o777).toBe(0o700)
})

test('an alias that another path has gets a number; the same path again keeps its alias', async () => {
  await using home = await temporaryFolder()
  const register = async (path: string, alias?: string) => (await registerRepository(home.path, { path, alias })).alias
  expect(await register('/a/app')).toBe('app')
  expect(await register('/b/app')).toBe('app-2')
  expect(await register('/c/other', 'app')).toBe('app-3')
  expect(await register('/b/app')).toBe('app-2')
  expect(await register('/b/app', 'new-name')).toBe('app-2')
  expect((await listRepositories(home.path)).map(({ alias }) => alias)).toEqual(['app', 'app-2', 'app-3'])
})

test.each(['__proto__', 'constructor', 'toString'])('the alias %s is an alias like any other', async (alias) => {
  await using home = await temporaryFolder()
  await expect(findRepository(home.path, alias)).rejects.toThrow(failing('repository-unknown'))
  expect((await registerRepository(home.path, { path: '/a', alias })).alias).toBe(alias)
  expect((await registerRepository(home.path, { path: '/b', alias })).alias).toBe(`${alias}-2`)
  expect((await findRepository(home.path, alias)).path).toBe('/a')
  await removeRepository(home.path, alias)
  expect((await listRepositories(home.path)).map((repository) => repository.alias)).toEqual([`${alias}-2`])
})

test('an unknown alias is refused with the nearest one as the hint', async () => {
  await using home = await temporaryFolder()
  await registerRepository(home.path, { path: '/work/frontend' })
  const error = await findRepository(home.path, 'fronted').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'repository-unknown',
    message: "Repo 'fronted' not registered",
    hint: expect.stringContaining("Did you mean 'frontend'?"),
  })
  await expect(removeRepository(home.path, 'x')).rejects.toThrow("Repo 'x' not registered")
})

test('an alias with control characters is shown as text in its error', async () => {
  await using home = await temporaryFolder()
  await expect(findRepository(home.path, 'a\u001b[2J\nb')).rejects.toThrow("Repo 'a\\u001b[2J\\nb' not registered")
})

test('fields that we do not know survive a rewrite', async () => {
  await using home = await temporaryFolder()
  const file = join(home.path, 'allowed-repos.json')
  const old = { path: '/old', added: '2025-01-15T10:30:00+00:00', policy: { merge: 'review' } }
  await writeFile(file, JSON.stringify({ old }))
  await registerRepository(home.path, { path: '/new' })
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ old, new: { path: '/new' } })
})

test.each([
  ['half a file', '{"app": {"path": "/a"'],
  ['an empty file', ''],
  ['a list', '[]'],
  ['null', 'null'],
  ['an entry with no path', '{"app": {"added": "2025"}}'],
  ['a relative path', '{"app": {"path": "a", "added": "2025"}}'],
])('%s is reported by name and never replaced', async (_, content) => {
  await using home = await temporaryFolder()
  const file = join(home.path, 'allowed-repos.json')
  await writeFile(file, content)
  const damaged = failing('home-unusable', expect.stringContaining(`${file} is damaged`))
  await expect(listRepositories(home.path)).rejects.toThrow(damaged)
  await expect(registerRepository(home.path, { path: '/a' })).rejects.toThrow(damaged)
  await expect(removeRepository(home.path, 'app')).rejects.toThrow(damaged)
  expect(await readFile(file, 'utf8')).toBe(content)
})

test('a home that cannot be a folder is named in the error', async () => {
  await using folder = await temporaryFolder()
  const home = join(folder.path, 'file')
  await writeFile(home, '')
  await expect(registerRepository(home, { path: '/a' })).rejects.toThrow(
    failing('home-unusable', expect.stringContaining(home)),
  )
})

test('registrations at once inside one process are all kept', async () => {
  await using home = await temporaryFolder()
  await mkdir(home.path, { recursive: true })
  await Promise.all(Array.from({ length: 12 }, (_, n) => registerRepository(home.path, { path: `/work/${n}/app` })))
  const aliases = (await listRepositories(home.path)).map(({ alias }) => alias)
  expect(new Set(aliases)).toEqual(new Set(['app', ...Array.from({ length: 11 }, (_, n) => `app-${n + 2}`)]))
})
