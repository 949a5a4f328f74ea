import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parseSecretHeader, parseSecretHost, secretFormText, usualTools } from '../../../main/core/network/secret.ts'
import {
  addSecret,
  listSecrets,
  removeSecret,
  secretsFor,
  secretsPath,
} from '../../../main/settings/secrets/secrets.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { secretOf, secretValue } from '../../support/web/secret-upstream.ts'

test('secrets are kept for their owner alone, listed without values, replaced by name, and forgotten', async () => {
  const home = await temporaryFolder()
  expect(await listSecrets(home)).toEqual([])
  await addSecret(home, secretOf(), secretValue)
  await addSecret(home, secretOf({ name: 'NPM', host: 'registry.npmjs.org', tools: ['npm'] }), 'npm_0123456789')
  await addSecret(home, secretOf({ host: 'other.example' }), secretValue)
  expect((await stat(secretsPath(home))).mode & 0o777).toBe(0o600)
  const listed = await listSecrets(home)
  expect(listed.map(({ name, host }) => `${name} ${host}`)).toEqual(['NPM registry.npmjs.org', 'CORP other.example'])
  expect(JSON.stringify(listed)).not.toMatch(/s3cret|npm_0/)
  await removeSecret(home, 'NPM')
  expect(await readFile(secretsPath(home), 'utf8')).not.toContain('npm_0')
  await expect(removeSecret(home, 'NPM')).rejects.toMatchObject({ code: 'argument-invalid' })
})

test('a secret that an earlier version kept is the same without what came later', async () => {
  const home = await temporaryFolder()
  await addSecret(home, secretOf(), secretValue)
  const [{ tokenHost, publicKey, ...earlier }] = JSON.parse(await readFile(secretsPath(home), 'utf8'))
  expect([tokenHost, publicKey]).toEqual([null, null])
  await writeFile(secretsPath(home), JSON.stringify([earlier]), { mode: 0o600 })
  expect(await listSecrets(home)).toEqual([{ ...secretOf(), inKeychain: false }])
})

test('a repository has the secrets that are for it, by its path, and those that are for all', async () => {
  const home = await temporaryFolder()
  await addSecret(home, secretOf({ name: 'ALL' }), secretValue)
  await addSecret(home, secretOf({ name: 'ONE', repositories: ['/projects/one'] }), secretValue)
  const namesFor = async (path: string) => (await secretsFor(home, path)).map(({ secret }) => secret.name)
  expect(await namesFor('/projects/one')).toEqual(['ALL', 'ONE'])
  expect(await namesFor('/projects/two')).toEqual(['ALL'])
  expect(await namesFor('/projects/one/')).toEqual(['ALL'])
  const [first] = await secretsFor(home, '/projects/two')
  expect(first?.gateway).toMatchObject({ origin: 'https://localhost', header: { value: `Bearer ${secretValue}` } })
  expect(JSON.stringify(first?.secret)).not.toContain(secretValue)
})

test('a value that no header takes, or that is too short to be told from other text, is refused without being shown', async () => {
  const home = await temporaryFolder()
  for (const value of [
    '',
    'short',
    'two\nlines-of-it',
    'a\rb-of-some-length',
    'naïve-secret',
    ' leading-space',
    'x'.repeat(4097),
  ]) {
    const refused = await addSecret(home, secretOf(), value).catch((error: Error) => error)
    expect(refused).toMatchObject({ code: 'argument-invalid' })
    if (value !== '') expect(String(refused)).not.toContain(value)
  }
  expect(await listSecrets(home)).toEqual([])
})

test('a file that others can read, or that is damaged, is refused, and no message quotes it', async () => {
  const home = await temporaryFolder()
  await addSecret(home, secretOf(), secretValue)
  await chmod(secretsPath(home), 0o640)
  await expect(listSecrets(home)).rejects.toMatchObject({
    ...{ code: 'token-unsafe', message: `Others can read the secrets in ${secretsPath(home)}` },
    hint: `Run: chmod 600 '${secretsPath(home)}'`,
  })
  await chmod(secretsPath(home), 0o600)
  const whole = await readFile(secretsPath(home), 'utf8')
  for (const text of [
    whole.slice(0, -4),
    secretValue,
    `{"a": "${secretValue}"}`,
    whole.replace('"GET"', `"${secretValue}"`),
  ]) {
    await writeFile(secretsPath(home), text)
    const error = (await secretsFor(home, '/').catch((each: Error) => each)) as Error
    expect(error).toMatchObject({ code: 'home-unusable', message: `${secretsPath(home)} is damaged` })
    expect(`${error.message}${error.stack}${JSON.stringify(error.cause)}`).not.toContain(secretValue)
  }
})

test.each([
  ['PRIVATE-TOKEN:', { name: 'PRIVATE-TOKEN', prefix: '' }],
  ['PRIVATE-TOKEN: ', { name: 'PRIVATE-TOKEN', prefix: '' }],
  ['Authorization: token', { name: 'Authorization', prefix: 'token ' }],
  ['Authorization:Bot', { name: 'Authorization', prefix: 'Bot ' }],
  ['Cookie: session=', { name: 'Cookie', prefix: 'session=' }],
])('the header %j is understood', (text, form) => {
  const parsed = parseSecretHeader(text)
  expect(parsed).toEqual({ kind: 'header', ...form })
  if (typeof parsed === 'object') expect(secretFormText(parsed)).toBe(`${form.name}: ${form.prefix}`.trimEnd())
})

test.each([
  ...[
    '',
    'PRIVATE-TOKEN',
    ': x',
    'A B: x',
    'A:\r\nB: x',
    'A: x\ny',
    'A: é',
    'Host: x',
    'content-length:',
    'Connection: x',
  ],
  ...[
    'Transfer-Encoding:',
    'Range:',
    'Accept-Encoding: x',
    '-A: x',
    `A: ${'x'.repeat(25)}`,
    'Authorization: Bearer ghp_0123456789abcdef',
  ],
])('%j is no header for a secret', (text) => {
  expect(parseSecretHeader(text)).toEqual(expect.any(String))
})

test('a host is one host, in its one form', () => {
  expect(parseSecretHost('Registry.NPMJS.org')).toEqual({ host: 'registry.npmjs.org', port: 443 })
  expect(parseSecretHost('git.example.test.:8443')).toEqual({ host: 'git.example.test', port: 8443 })
  expect(parseSecretHost('[::1]:8443')).toEqual({ host: '::1', port: 8443 })
  for (const text of [
    ...['', '*.npmjs.org', 'https://registry.npmjs.org', 'a.example/path', 'a.example:0', 'a.example:65536', 'a b'],
    ...['user@a.example', 'a.example:443:443', 'a.example:', 'api.anthropic.com', 'API.anthropic.com.:443'],
  ])
    expect(parseSecretHost(text), text).toEqual(expect.any(String))
  expect(usualTools('registry.npmjs.org')).toEqual(['npm'])
  expect(usualTools('registry.npmjs.org.example')).toEqual([])
})
