import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadMemory, saveMemory } from '../../../../main/machines/qemu/template/memory-file.ts'
import { temporaryFolder } from '../../../support/temporary.ts'

const page = 4096
const megabyte = 2 ** 20

/** A memory of 10 MiB of which some pages hold something: the first, the last, two beside the end of a piece, and a long run over two pieces. */
async function memory(folder: string) {
  const bytes = Buffer.alloc(10 * megabyte)
  for (const at of [0, 4 * megabyte - page, 4 * megabyte, bytes.length - page]) bytes.writeUInt32LE(at + 1, at + 100)
  bytes.fill(7, 5 * megabyte, 9 * megabyte + page)
  const file = await open(join(folder, 'memory'), 'w+')
  await file.write(bytes)
  return { bytes, file }
}

test('what is saved of a memory is what is not zero, and it comes back where it was', async () => {
  const folder = await temporaryFolder()
  const { bytes, file } = await memory(folder)
  await using saved = await open(join(folder, 'saved'), 'wx+')
  const index = await saveMemory(file, bytes.length, saved)
  await file.close()
  const pages = (4 * megabyte) / page
  expect(index.pages).toEqual([
    [0, 1],
    [pages - 1, 2],
    [(5 * megabyte) / page, pages + 1],
    [(10 * megabyte) / page - 1, 1],
  ])
  expect((await saved.stat()).size).toBe((1 + 2 + pages + 1 + 1) * page)
  await using target = await open(join(folder, 'target'), 'wx+')
  await target.truncate(bytes.length)
  await loadMemory(saved, index, target)
  expect((await target.readFile()).equals(bytes)).toBe(true)
})

test.each([
  [
    'one bit is another',
    async (path: string) => {
      await using file = await open(path, 'r+')
      await file.write(Buffer.from([6]), 0, 1, 3 * page)
    },
    /damaged/,
  ],
  [
    'the end is missing',
    async (path: string) => {
      await using file = await open(path, 'r+')
      await file.truncate(page)
    },
    /too early/,
  ],
] as const)('a memory of which %s is not taken', async (_, damage, message) => {
  const folder = await temporaryFolder()
  const { bytes, file } = await memory(folder)
  const path = join(folder, 'saved')
  await using saved = await open(path, 'wx+')
  const index = await saveMemory(file, bytes.length, saved)
  await file.close()
  await damage(path)
  await using target = await open(join(folder, 'target'), 'wx+')
  await expect(loadMemory(saved, index, target)).rejects.toThrow(message)
})
