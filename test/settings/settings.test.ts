import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings, settingsPath, unknownSettings } from '../../main/settings/settings.ts'
import { temporaryFolder } from '../support/temporary.ts'

test('with no file every setting has its default, and no folder is made', async () => {
  const folder = await temporaryFolder()
  const home = join(folder, 'home')
  expect(readSettings(home)).toMatchObject({
    port: 8765,
    egress: 'open',
    keyInGuest: 'open',
    serverTools: 'refuse',
    memoryMiB: 4096,
    bootTimeoutMs: 300_000,
    taskTimeoutMs: 14_400_000,
  })
  expect(readSettings(home).cpus).toBeGreaterThanOrEqual(1)
  expect(readSettings(home).cpus).toBeLessThanOrEqual(4)
  await expect(stat(home)).rejects.toThrow('ENOENT')
})

test('what the file says counts, and keys of others are left alone', async () => {
  const home = await temporaryFolder()
  const file = join(home, 'settings.json')
  const content = '{"port": 9000, "windowBounds": {"x": 1}}'
  await writeFile(file, content)
  expect(readSettings(home)).toMatchObject({ port: 9000, egress: 'open' })
  expect(readSettings(home)).not.toHaveProperty('windowBounds')
  expect(await readFile(file, 'utf8')).toBe(content)
})

test.each([
  ['{"port": "8765"}', 'port'],
  ['{"port": 0}', 'port'],
  ['{"egress": "half"}', 'egress'],
  ['{"egress": ["github.com", "*"]}', 'egress: "*" is no host'],
  ['{"keyInGuest": "no"}', 'keyInGuest'],
  ['{"serverTools": "maybe"}', 'serverTools'],
  ['{"cpus": 1.5}', 'cpus'],
  ['{"memoryMiB": -1}', 'memoryMiB'],
  ['{"port": ', 'not valid JSON'],
])('%s is refused with the file and %s in the message', async (content, named) => {
  const home = await temporaryFolder()
  const file = join(home, 'settings.json')
  await writeFile(file, content)
  expect(() => readSettings(home)).toThrow(expect.objectContaining({ code: 'home-unusable' }))
  expect(() => readSettings(home)).toThrow(file)
  expect(() => readSettings(home)).toThrow(named)
  expect(await readFile(file, 'utf8')).toBe(content)
})

test('keys that mean nothing to us are named, so that a misspelt one does not go unseen', async () => {
  const home = await temporaryFolder()
  expect(unknownSettings(home)).toEqual([])
  await writeFile(settingsPath(home), JSON.stringify({ port: 9000, egres: 'closed' }))
  expect(unknownSettings(home)).toEqual(['egres'])
})
