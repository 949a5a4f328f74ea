import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { writeServerFile } from '../../../main/web/server-file.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('whatever the umask, the home and the folder of a task are closed to others, and so is every file of ours in them', async () => {
  const umask = process.umask(0)
  onTestFinished(() => void process.umask(umask))
  const root = await temporaryFolder()
  await registeredRepository(root)
  const started = await startOrchestrator({ root, guest: guestThatCommits('made.txt') })
  const { orchestrator, home } = started
  const id = await orchestrator.run({ description: 'Make a file', repo: 'project' })
  await untilEnded(orchestrator, id)
  await started[Symbol.asyncDispose]() // Writes what is left to write.
  await writeServerFile(home, { port: 1, token: 'token' })

  const { folder, repo: clone, share, console } = taskFiles(home, id)
  const ofGuest = [clone, share, console] // Made by a guest, or by the driver, whose own test looks at it.
  expect(await openFiles(home, ofGuest)).toEqual([]) // The task's folder lies in it.
  for (const path of [home, folder]) expect((await stat(path)).mode & 0o777).toBe(0o700)
})

/** Files below the folder that others may read, write or run, the left out ones and what is below them apart. */
async function openFiles(folder: string, leftOut: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    (await readdir(folder)).map(async (name) => {
      const path = join(folder, name)
      const stats = await stat(path)
      if (leftOut.includes(path)) return []
      if (stats.isDirectory()) return await openFiles(path, leftOut)
      return (stats.mode & 0o077) === 0 ? [] : [path]
    }),
  )
  return found.flat()
}
