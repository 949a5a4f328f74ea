import { mkdir, readdir, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTemplate, writeTemplate } from '../../../../main/machines/qemu/template/template-folder.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

const keyOf = (digit: string) => digit.repeat(20)
const saved = { pages: [], crc32: 0 }
const write = (parent: string, key: string, hypervisor: string) =>
  writeTemplate({ parent, key, hypervisor }, async () => ({ saved, devices: Buffer.from('devices') }))

test('a template is there whole, for its owner alone, or not at all', async () => {
  const parent = join(await temporaryFolder(), 'templates')
  expect(await openTemplate(join(parent, keyOf('a')))).toBeUndefined()
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
  const fails = writeTemplate({ parent, key: keyOf('a'), hypervisor: 'one' }, async (memory) => {
    await memory.write(Buffer.alloc(4096, 1))
    throw full
  })
  await expect(fails).rejects.toBe(full)
  expect(await readdir(parent)).toEqual([])

  await write(parent, keyOf('a'), 'one')
  await using template = await openTemplate(join(parent, keyOf('a')))
  expect(template?.devices.toString()).toBe('devices')
  expect((await stat(join(parent, keyOf('a')))).mode & 0o777).toBe(0o700)
  expect((await stat(join(parent, keyOf('a'), 'memory'))).mode & 0o777).toBe(0o600)
})

test('devices that were cut, or are others, are an error', async () => {
  const parent = await temporaryFolder()
  await write(parent, keyOf('a'), 'one')
  const devices = join(parent, keyOf('a'), 'devices')
  await truncate(devices, 3)
  await expect(openTemplate(join(parent, keyOf('a')))).rejects.toThrow('damaged')
  await writeFile(devices, 'DEVICES')
  await expect(openTemplate(join(parent, keyOf('a')))).rejects.toThrow('damaged')
})

test('a new template takes away those of another hypervisor, all but the newest two of its own, and what was left of a try', async () => {
  const parent = await temporaryFolder()
  await write(parent, keyOf('1'), 'former')
  for (const key of ['2', '3', '4']) await write(parent, keyOf(key), 'one')
  await mkdir(join(parent, `${keyOf('5')}.new-abc`))
  await mkdir(join(parent, `${keyOf('6')}.new-abc`))
  await write(parent, keyOf('5'), 'one')
  // The lock and the try of another key are not ours to remove.
  expect((await readdir(parent)).toSorted()).toEqual([keyOf('3'), keyOf('4'), keyOf('5'), `${keyOf('6')}.new-abc`])
})
