import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { endpointTokenPath, ensureEndpointToken } from '../../main/settings/endpoint-token.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('a token is made once, for its owner alone, and is the same from then on', async () => {
  const home = join(await temporaryFolder(), 'home')
  const token = await ensureEndpointToken(home)
  expect(token).toMatch(/^[\w-]{43}$/)
  expect((await stat(endpointTokenPath(home))).mode & 0o777).toBe(0o600)
  expect(await ensureEndpointToken(home)).toBe(token)
  expect(await ensureEndpointToken(await temporaryFolder())).not.toBe(token)
})

test('a token that others can read is refused with the cure', async () => {
  const home = await temporaryFolder()
  await ensureEndpointToken(home)
  const path = endpointTokenPath(home)
  for (const mode of [0o640, 0o604, 0o622]) {
    await chmod(path, mode)
    await expect(ensureEndpointToken(home)).rejects.toMatchObject({
      code: 'token-unsafe',
      hint: `Run: chmod 600 '${path}'`,
    })
  }
})

test.each(['', 'short', 'x'.repeat(31), `${'x'.repeat(40)}\r\nX: y`, 'x'.repeat(600)])(
  'the token %j of a file is refused and left as it is',
  async (token) => {
    const home = await temporaryFolder()
    await writeFile(endpointTokenPath(home), token, { mode: 0o600 })
    await expect(ensureEndpointToken(home)).rejects.toMatchObject({ code: 'token-unsafe' })
    expect(await readFile(endpointTokenPath(home), 'utf8')).toBe(token)
  },
)
