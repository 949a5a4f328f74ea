import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { entryAppears } from '../../../main/lib/files/entry-appears.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const never = new AbortController().signal

test.each<[string, (folder: string) => Promise<void>]>([
  ['a file', (folder) => writeFile(join(folder, 'word'), '')],
  ['a link that leads nowhere', (folder) => symlink('/nowhere', join(folder, 'word'))],
  ['what is moved there', (folder) => rename(join(folder, 'other'), join(folder, 'word'))],
])('an entry is seen whatever it is: %s', async (_, make) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'other'), '')
  const appears = entryAppears(folder, 'word', never)
  await mkdir(join(folder, 'something-else'))
  await make(folder)
  expect(await appears).toBe(true)
  expect(await entryAppears(folder, 'word', never)).toBe(true)
})

test('a signal ends the wait, and so it does where the folder is gone and cannot be watched', async () => {
  const folder = await temporaryFolder()
  for (const place of [folder, join(folder, 'gone')]) {
    const stop = new AbortController()
    const appears = entryAppears(place, 'word', stop.signal)
    stop.abort()
    expect(await appears).toBe(false)
  }
})

test('a folder that is made only later is looked into, too', async () => {
  const folder = join(await temporaryFolder(), 'later')
  const appears = entryAppears(folder, 'word', never)
  await mkdir(folder)
  await writeFile(join(folder, 'word'), '')
  expect(await appears).toBe(true)
})
