import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findKey, storeToken } from '../../main/settings/token.ts'
import { temporaryFolder } from '../support/temporary.ts'

const oauth = 'sk-ant-oat01-abc'
const api = 'sk-ant-api03-def'

test('the OAuth token goes before the API key, and both before the file', async () => {
  const home = await temporaryFolder()
  await storeToken(home, 'sk-ant-oat01-file')
  const both = { CLAUDE_CODE_OAUTH_TOKEN: oauth, ANTHROPIC_API_KEY: api }
  expect(await findKey(both, home)).toEqual({
    variable: 'CLAUDE_CODE_OAUTH_TOKEN',
    value: oauth,
    source: 'environment',
  })
  expect(await findKey({ ANTHROPIC_API_KEY: api }, home)).toMatchObject({
    variable: 'ANTHROPIC_API_KEY',
    value: api,
  })
  expect(await findKey({}, home)).toEqual({
    variable: 'CLAUDE_CODE_OAUTH_TOKEN',
    value: 'sk-ant-oat01-file',
    source: 'file',
  })
})

test('an empty variable counts as none', async () => {
  const home = await temporaryFolder()
  expect(await findKey({ CLAUDE_CODE_OAUTH_TOKEN: '  ', ANTHROPIC_API_KEY: api }, home)).toMatchObject({
    value: api,
  })
})

test('an API key in the file is given to the variable that takes API keys', async () => {
  const home = await temporaryFolder()
  await storeToken(home, api)
  expect(await findKey({}, home)).toMatchObject({ variable: 'ANTHROPIC_API_KEY', source: 'file' })
})

test('no key anywhere says so, with the cure', async () => {
  const home = await temporaryFolder()
  await expect(findKey({}, home)).rejects.toMatchObject({
    code: 'key-missing',
    message: 'No API key found',
    hint: expect.stringContaining('setup-token'),
  })
})

test('a token file that others can read is refused with the cure', async () => {
  const home = await temporaryFolder()
  const path = await storeToken(home, oauth)
  for (const mode of [0o640, 0o604, 0o644]) {
    await chmod(path, mode)
    await expect(findKey({}, home)).rejects.toMatchObject({
      code: 'token-unsafe',
      hint: `Run: chmod 600 '${path}'`,
    })
  }
  await chmod(path, 0o600)
  expect(await findKey({}, home)).toMatchObject({ value: oauth })
})

test('a stored token is for its owner alone, also over a file that was not', async () => {
  const home = await temporaryFolder()
  const path = join(home, 'token')
  await writeFile(path, 'old', { mode: 0o644 })
  await storeToken(home, oauth)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readFile(path, 'utf8')).toBe(`${oauth}\n`)
})

test.each(['a\nb', 'a b', 'a\0b', 'a\u001b[0m', 'ä'])('the key %j is refused and not repeated', async (value) => {
  const home = await temporaryFolder()
  const refused = expect.objectContaining({ code: 'token-unsafe', message: expect.not.stringContaining(value) })
  await expect(findKey({ ANTHROPIC_API_KEY: value }, home)).rejects.toThrow(refused)
  await expect(storeToken(home, value)).rejects.toThrow(refused)
  await writeFile(join(home, 'token'), value, { mode: 0o600 })
  await expect(findKey({}, home)).rejects.toThrow(refused)
})
