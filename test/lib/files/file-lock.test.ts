import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lockFile } from '../../../main/lib/files/file-lock.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('one holder at a time', async () => {
  const folder = await temporaryFolder()
  let holders = 0
  let most = 0
  const hold = async () => {
    await using lock = await lockFile(join(folder, 'list.json'))
    holders += 1
    most = Math.max(most, holders)
    await new Promise(setImmediate)
    lock.assertHeld()
    holders -= 1
  }
  await Promise.all(Array.from({ length: 10 }, hold))
  expect(most).toBe(1)
})

test('a lock that another keeps is an error that names it', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'list.json')
  await using _lock = await lockFile(path)
  await expect(lockFile(path, 100)).rejects.toThrow(`Another process holds ${path}.lock`)
})

test('the lock of a process that died is taken over', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'list.json')
  await mkdir(`${path}.lock`)
  const longAgo = new Date(Date.now() - 60_000)
  await utimes(`${path}.lock`, longAgo, longAgo)
  await using lock = await lockFile(path, 5_000)
  lock.assertHeld()
})

test('a waiter can be called off', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'list.json')
  await using _lock = await lockFile(path)
  const stop = new AbortController()
  const waiting = lockFile(path, 60_000, stop.signal)
  stop.abort(new Error('called off'))
  await expect(waiting).rejects.toThrow()
})

test('a folder that cannot be made is an error that names it', async () => {
  const folder = await temporaryFolder()
  const file = join(folder, 'file')
  await writeFile(file, '')
  await expect(lockFile(join(file, 'home', 'list.json'))).rejects.toThrow(
    expect.objectContaining({ code: 'home-unusable', message: expect.stringContaining(join(file, 'home')) }),
  )
})
