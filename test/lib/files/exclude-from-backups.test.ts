import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SlotId } from '../../../main/core/task/task.ts'
import { excludeFromBackups } from '../../../main/lib/files/exclude-from-backups.ts'
import { prepareSlotStorage } from '../../../main/tasks/slots/slot-storage.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function fakeTool(status = 0) {
  const folder = await temporaryFolder()
  const tool = join(folder, 'tmutil')
  await writeFile(tool, `#!/bin/sh\necho "$*" >>'${folder}/asked'\nexit ${status}\n`, { mode: 0o755 })
  return { folder, tool, asked: () => readFile(join(folder, 'asked'), 'utf8').catch(() => '') }
}

test("a Mac leaves a slot's disk images out of its backups, asked once", async () => {
  const { folder, tool, asked } = await fakeTool()
  const exclude = (path: string) => excludeFromBackups(path, { platform: 'darwin', tool })
  await prepareSlotStorage(folder, 3 as SlotId, exclude)
  await prepareSlotStorage(folder, 3 as SlotId, exclude)
  expect(await asked()).toBe(`addexclusion ${folder}/slots/3\n`)
})

test('where that fails, or there is no such program, the slot has its disks all the same', async () => {
  for (const tool of [(await fakeTool(1)).tool, '/nowhere/tmutil']) {
    const folder = await temporaryFolder()
    const volumes = await prepareSlotStorage(folder, 1 as SlotId, (path) =>
      excludeFromBackups(path, { platform: 'darwin', tool }),
    )
    expect(volumes).toHaveLength(3)
  }
})

test('elsewhere nothing is asked', async () => {
  const { folder, tool, asked } = await fakeTool()
  await excludeFromBackups(folder, { platform: 'linux', tool })
  expect(await asked()).toBe('')
})
