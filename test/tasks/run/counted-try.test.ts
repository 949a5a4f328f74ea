import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathExists } from '../../../main/lib/files/look.ts'
import { countedTry } from '../../../main/tasks/run/counted-try.ts'
import { WorkerDied } from '../../../main/worker/worker-died.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const died = async () => {
  throw new WorkerDied('ended by SIGABRT')
}

test('a try is on disk while it is made, and not when it has come to its end', async () => {
  const folder = await temporaryFolder()
  const seen = await countedTry(folder, (attempt) => readFile(attempt, 'utf8'))
  expect(JSON.parse(seen)).toEqual({ tries: 1 })
  expect(await pathExists(join(folder, 'attempts.json'))).toBe(false)
})

test('what its process died of twice is set aside, and not tried a third time', async () => {
  const folder = await temporaryFolder()
  for (const _time of [1, 2]) await expect(countedTry(folder, died)).rejects.toThrow(WorkerDied)
  let tried = false
  const third = countedTry(folder, async () => {
    tried = true
  })
  await expect(third).rejects.toMatchObject({ code: 'salvage-failed', message: expect.stringContaining('set aside') })
  expect(tried).toBe(false)
})

test('a try of which nothing came back, since we died too, counts; one that failed in order does not', async () => {
  const folder = await temporaryFolder()
  const path = join(folder, 'attempts.json')
  await writeFile(path, '{"tries":1}')
  await expect(
    countedTry(folder, async () => {
      throw new Error('No space left on device')
    }),
  ).rejects.toThrow(/No space/)
  expect(await pathExists(path)).toBe(false)
  await writeFile(path, '{"tries":2}')
  await expect(countedTry(folder, async () => 1)).rejects.toThrow(/set aside/)
  await writeFile(path, '{"tri') // Torn by a crash, which is a try.
  await expect(countedTry(folder, died)).rejects.toThrow(WorkerDied)
  await expect(countedTry(folder, async () => 1)).rejects.toThrow(/set aside/)
})
