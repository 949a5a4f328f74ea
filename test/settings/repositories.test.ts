import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { MergePolicyChange } from '../../main/core/merge/merge-policy.ts'
import type { EgressChange } from '../../main/core/network/egress.ts'
import {
  findRepository,
  listRepositories,
  registerRepository,
  removeRepository,
  setMergePolicy,
} from '../../main/settings/repositories.ts'
import { temporaryFolder } from '../support/temporary.ts'

const failing = (code: string, message: unknown = expect.anything()) =>
  expect.objectContaining({ name: 'AppError', code, message })

test('a home that does not exist yet has no repositories, and reading does not make it', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  expect(await listRepositories(home)).toEqual([])
  await expect(stat(home)).rejects.toThrow('ENOENT')
})

test('a registered repository is in allowed-repos.json with its path and time, for its owner alone', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  expect((await registerRepository(home, { path: '/projects/app' })).alias).toBe('app')
  const file = join(home, 'allowed-repos.json')
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
    app: { path: '/projects/app', added: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) },
  })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect((await stat(home)).mode & 0o777).toBe(0o700)
})

test('an alias that another path has gets a number; the same path again keeps its alias', async () => {
  const home = await temporaryFolder()
  const register = async (path: string, alias?: string) => (await registerRepository(home, { path, alias })).alias
  expect(await register('/a/app')).toBe('app')
  expect(await register('/b/app')).toBe('app-2')
  expect(await register('/c/other', 'app')).toBe('app-3')
  expect(await register('/b/app')).toBe('app-2')
  expect(await register('/b/app', 'new-name')).toBe('app-2')
  expect((await listRepositories(home)).map(({ alias }) => alias)).toEqual(['app', 'app-2', 'app-3'])
})

test.each(['__proto__', 'constructor', 'toString'])('the alias %s is an alias like any other', async (alias) => {
  const home = await temporaryFolder()
  await expect(findRepository(home, alias)).rejects.toThrow(failing('repository-unknown'))
  expect((await registerRepository(home, { path: '/a', alias })).alias).toBe(alias)
  expect((await registerRepository(home, { path: '/b', alias })).alias).toBe(`${alias}-2`)
  expect((await findRepository(home, alias)).path).toBe('/a')
  await removeRepository(home, alias)
  expect((await listRepositories(home)).map((repository) => repository.alias)).toEqual([`${alias}-2`])
})

test('an unknown alias is refused with the nearest one as the hint', async () => {
  const home = await temporaryFolder()
  await registerRepository(home, { path: '/projects/frontend' })
  const error = await findRepository(home, 'fronted').catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({
    code: 'repository-unknown',
    message: "Repo 'fronted' not registered",
    hint: expect.stringContaining("Did you mean 'frontend'?"),
  })
  await expect(removeRepository(home, 'x')).rejects.toThrow("Repo 'x' not registered")
})

test('an alias with control characters is shown as text in its error', async () => {
  const home = await temporaryFolder()
  await expect(findRepository(home, 'a\u001b[2J\nb')).rejects.toThrow("Repo 'a\\u001b[2J\\nb' not registered")
})

test('fields that we do not know survive a rewrite', async () => {
  const home = await temporaryFolder()
  const file = join(home, 'allowed-repos.json')
  const old = { path: '/old', added: '2025-01-15T10:30:00+00:00', policy: { merge: 'review' } }
  await writeFile(file, JSON.stringify({ old }))
  await registerRepository(home, { path: '/new' })
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
  const home = await temporaryFolder()
  const file = join(home, 'allowed-repos.json')
  await writeFile(file, content)
  const damaged = failing('home-unusable', expect.stringContaining(`${file} is damaged`))
  await expect(listRepositories(home)).rejects.toThrow(damaged)
  await expect(registerRepository(home, { path: '/a' })).rejects.toThrow(damaged)
  await expect(removeRepository(home, 'app')).rejects.toThrow(damaged)
  expect(await readFile(file, 'utf8')).toBe(content)
})

test('a home that cannot be a folder is named in the error', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'file')
  await writeFile(home, '')
  await expect(registerRepository(home, { path: '/a' })).rejects.toThrow(
    failing('home-unusable', expect.stringContaining(home)),
  )
})

test('registrations at once inside one process are all kept', async () => {
  const home = await temporaryFolder()
  await mkdir(home, { recursive: true })
  await Promise.all(Array.from({ length: 12 }, (_, n) => registerRepository(home, { path: `/projects/${n}/app` })))
  const aliases = (await listRepositories(home)).map(({ alias }) => alias)
  expect(new Set(aliases)).toEqual(new Set(['app', ...Array.from({ length: 11 }, (_, n) => `app-${n + 2}`)]))
})

test("a repository's egress is kept beside its path, changed by registering it again, and taken back by default", async () => {
  const home = await temporaryFolder()
  const register = async (wish: EgressChange) => (await registerRepository(home, { path: '/a', ...wish })).egress
  const stored = async () => JSON.parse(await readFile(join(home, 'allowed-repos.json'), 'utf8')).a
  expect(await register({})).toBeNull()
  expect(await register({ allowHosts: ['GitHub.com'] })).toEqual({ kind: 'hosts', hosts: ['github.com'] })
  expect(await register({ allowHosts: ['*.npmjs.org', 'github.com'] })).toEqual({
    kind: 'hosts',
    hosts: ['github.com', '*.npmjs.org'],
  })
  expect(await stored()).toMatchObject({ path: '/a', egress: ['github.com', '*.npmjs.org'] })
  expect(await register({})).toMatchObject({ kind: 'hosts' })
  expect(await register({ egress: 'closed', allowHosts: ['a.example'] })).toEqual({
    kind: 'hosts',
    hosts: ['a.example'],
  })
  expect(await register({ egress: 'closed' })).toEqual({ kind: 'closed' })
  expect((await findRepository(home, 'a')).egress).toEqual({ kind: 'closed' })
  expect(await stored()).toMatchObject({ egress: 'closed' })
  expect(await register({ egress: 'default' })).toBeNull()
  expect(await stored()).toEqual({ path: '/a', added: expect.any(String) })
})

test.each([
  [{ allowHosts: ['https://github.com'] }, 'is no host'],
  [{ allowHosts: ['127.0.0.1'] }, 'this host itself'],
  [{ allowHosts: ['[::1]:80'] }, 'this host itself'],
  [{ egress: 'open', allowHosts: ['github.com'] }, 'cannot be had together'],
] satisfies [EgressChange, string][])('the wish %j is refused and changes nothing', async (wish, message) => {
  const home = await temporaryFolder()
  await registerRepository(home, { path: '/a', egress: 'closed' })
  await expect(registerRepository(home, { path: '/a', ...wish })).rejects.toThrow(
    failing('argument-invalid', expect.stringContaining(message)),
  )
  expect((await findRepository(home, 'a')).egress).toEqual({ kind: 'closed' })
})

test.each(['"half"', '[]', '["*"]', '["a b"]', '{}', 'null'])(
  'an egress of %s damages the list: no task runs on a guess',
  async (word) => {
    const home = await temporaryFolder()
    await writeFile(
      join(home, 'allowed-repos.json'),
      `{"a": {"path": "/a", "added": "2026-01-01T00:00:00Z", "egress": ${word}}}`,
    )
    await expect(listRepositories(home)).rejects.toThrow(failing('home-unusable', expect.stringContaining('a.egress')))
  },
)

test("a repository's merge policy is kept beside its path and changed by registering it again or by its alias", async () => {
  const home = await temporaryFolder()
  const register = async (wish: MergePolicyChange) =>
    (await registerRepository(home, { path: '/a', ...wish })).mergePolicy
  const stored = async () => JSON.parse(await readFile(join(home, 'allowed-repos.json'), 'utf8')).a
  expect(await register({})).toEqual({ kind: 'auto' })
  expect(await register({ merge: 'review' })).toEqual({ kind: 'review' })
  expect(await register({})).toEqual({ kind: 'review' })
  expect(await register({ check: 'npm test' })).toEqual({ kind: 'check', command: 'npm test' })
  expect(await register({ merge: 'check' })).toEqual({ kind: 'check', command: 'npm test' })
  expect(await stored()).toMatchObject({ path: '/a', merge: { check: 'npm test' } })
  expect((await setMergePolicy(home, 'a', { merge: 'auto' })).mergePolicy).toEqual({ kind: 'auto' })
  expect(await stored()).toEqual({ path: '/a', added: expect.any(String) })
  await expect(setMergePolicy(home, 'b', { merge: 'auto' })).rejects.toThrow(
    failing('repository-unknown', expect.any(String)),
  )
})

test.each([
  [{ merge: 'check' }, 'needs a command'],
  [{ merge: 'review', check: 'npm test' }, 'of no use'],
  [{ check: ' ' }, 'must be 1 to'],
  [{ check: 'a\0b' }, 'must be 1 to'],
] satisfies [MergePolicyChange, string][])('the wish %j is refused and changes nothing', async (wish, message) => {
  const home = await temporaryFolder()
  await registerRepository(home, { path: '/a', merge: 'review' })
  await expect(registerRepository(home, { path: '/a', ...wish })).rejects.toThrow(
    failing('argument-invalid', expect.stringContaining(message)),
  )
  expect((await findRepository(home, 'a')).mergePolicy).toEqual({ kind: 'review' })
})

test.each(['"later"', '{"check": ""}', '{}', 'null'])(
  'a merge policy of %s damages the list: nothing is merged on a guess',
  async (word) => {
    const home = await temporaryFolder()
    await writeFile(
      join(home, 'allowed-repos.json'),
      `{"a": {"path": "/a", "added": "2026-01-01T00:00:00Z", "merge": ${word}}}`,
    )
    await expect(listRepositories(home)).rejects.toThrow(failing('home-unusable', expect.stringContaining('a.merge')))
  },
)
