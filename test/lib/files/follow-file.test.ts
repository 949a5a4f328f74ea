import { appendFile, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { followFile } from '../../../main/lib/files/follow-file.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Follows in the background; `until` resolves when the text was seen. */
function following(path: string) {
  let over = false
  let seen = ''
  const waiters = new Set<() => void>()
  const done = (async () => {
    for await (const chunk of followFile(path, { isOver: () => Promise.resolve(over), pollMs: 5 })) {
      seen += chunk.toString()
      for (const wake of waiters) wake()
    }
  })()
  return {
    until: (text: string) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!seen.includes(text)) return
          waiters.delete(check)
          resolve()
        }
        waiters.add(check)
        check()
      }),
    end: async () => {
      over = true
      await done
      return seen
    },
  }
}

test('waits for a file that comes late, and shows what is added until it is over', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'serial.log')
  const log = following(path)
  await writeFile(path, 'one\n')
  await log.until('one')
  await appendFile(path, 'two\n')
  await log.until('two')
  await appendFile(path, 'last words\n')
  expect(await log.end()).toBe('one\ntwo\nlast words\n')
})

test('starts again at the top of a file that was truncated', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'serial.log')
  await writeFile(path, 'a long first line\n')
  const log = following(path)
  await log.until('first')
  await truncate(path, 0)
  await new Promise((resolve) => setTimeout(resolve, 50))
  await appendFile(path, 'new\n')
  await log.until('new')
  expect(await log.end()).toBe('a long first line\nnew\n')
})

test('goes on with the new file when the old one was rotated away, and loses nothing of the old one', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'serial.log')
  await writeFile(path, 'old 1\n')
  const log = following(path)
  await log.until('old 1')
  await appendFile(path, 'old 2\n')
  await rename(path, `${path}.1`)
  await writeFile(path, 'new\n')
  await log.until('new')
  expect(await log.end()).toBe('old 1\nold 2\nnew\n')
})

test('a file that is over already is shown whole, and one that never came is empty', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'serial.log')
  expect(await following(path).end()).toBe('')
  await writeFile(path, 'x'.repeat(200_000))
  expect(await following(path).end()).toHaveLength(200_000)
})
