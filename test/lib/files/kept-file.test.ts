import { readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { KeptFile } from '../../../main/lib/files/kept-file.ts'
import { temporaryFolder } from '../../support/temporary.ts'

afterEach(() => void vi.useRealTimers())

/** A file, what keeps it, and how often it was read. */
async function kept() {
  vi.useFakeTimers({ toFake: ['performance'] })
  const folder = await temporaryFolder()
  const path = join(folder, 'places.json')
  const read = vi.fn(async () => await readFile(path, 'utf8').catch(() => 'none'))
  return { folder, path, read, file: new KeptFile(path, read) }
}

test('a file that stays as it is is read no more once it has settled', async () => {
  const { path, read, file } = await kept()
  await writeFile(path, 'one')
  expect(await file.get()).toBe('one')
  vi.advanceTimersByTime(1_001)
  expect(await file.get()).toBe('one')
  expect(read).toHaveBeenCalledTimes(2)
  expect(await file.get()).toBe('one')
  expect(read).toHaveBeenCalledTimes(2)
})

test.each([
  ['written to', async (path: string) => await writeFile(path, 'more than one')],
  ['replaced by one of its size and times', replaced],
  ['removed', async (path: string) => await rm(path)],
])('a file that was %s is read again', async (_how, change) => {
  const { path, file } = await kept()
  await writeFile(path, 'one')
  await file.get()
  vi.advanceTimersByTime(1_001)
  await file.get()
  await change(path)
  expect(await file.get()).toBe(await readFile(path, 'utf8').catch(() => 'none'))
  expect(await file.get()).not.toBe('one')
})

async function replaced(path: string): Promise<void> {
  await writeFile(`${path}.new`, 'two')
  await utimes(`${path}.new`, 1, 1)
  await utimes(path, 1, 1)
  await rename(`${path}.new`, path)
}

test('a change that cannot be told from the one before it is seen all the same', async () => {
  const { read, file } = await kept()
  read.mockResolvedValueOnce('before')
  expect(await file.get()).toBe('before')
  read.mockResolvedValueOnce('after')
  vi.advanceTimersByTime(5_000)
  expect(await file.get()).toBe('after')
})

test('what could not be read is read at the next question', async () => {
  const { path, read, file } = await kept()
  await writeFile(path, 'one')
  read.mockRejectedValueOnce(new Error('damaged'))
  await expect(file.get()).rejects.toThrow('damaged')
  expect(await file.get()).toBe('one')
})
