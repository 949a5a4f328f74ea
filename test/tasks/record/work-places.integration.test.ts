import { chmod, mkdir, readdir, rename, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { requireOwnFolders } from '../../../main/tasks/admission/require-own-folders.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { workFolderFor } from '../../../main/tasks/record/work-places.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const id = taskId('a1b2c3d4')

test('the large parts of a task lie where a setting says, are found after it changed, and go with the task', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const tasksFolder = join(root, 'large')
  await mkdir(tasksFolder, { mode: 0o700 })
  const guest = guestThatCommits('greeting.txt')
  const first = await startOrchestrator({ root, guest, tasksFolder })
  const made = await first.orchestrator.run({ description: 'say hello', repo: 'project' })
  expect(taskView(await untilEnded(first.orchestrator, made))).toMatchObject({ status: 'completed' })
  await first[Symbol.asyncDispose]()

  await using second = await startOrchestrator({ root, guest })
  expect((await readdir(join(tasksFolder, made))).toSorted()).toEqual(['repo', 'serial.log', 'share'])
  expect(await readdir(taskFiles(second.home, made).folder)).not.toContain('repo')
  expect(await second.orchestrator.consolePath(made)).toBe(join(tasksFolder, made, 'serial.log'))
  await second.orchestrator.cleanup(made, { deleteRef: false, by: 'person' })
  expect(await readdir(tasksFolder)).toEqual([])
})

describe('a folder for tasks is refused', () => {
  test.each<[string, (folder: string) => Promise<unknown>, RegExp]>([
    ['that is not there', async () => undefined, /is not there/],
    ['that others can write', (folder) => mkdir(folder).then(() => chmod(folder, 0o777)), /not yours alone/],
    [
      'inside a repository',
      async (folder) => {
        await mkdir(folder, { mode: 0o700 })
        await gitIn(join(folder, '..'), ['init', '--quiet'])
      },
      /lies in the repository/,
    ],
  ])('%s', async (_which, make, why) => {
    const folder = join(await temporaryFolder(), 'large')
    await make(folder)
    await expect(workFolderFor(folder, id)).rejects.toThrow(why)
  })
})

test.each(['tasks', `tasks/${id}`, `tasks/${id}/share`, `tasks/${id}/repo`])(
  'no machine is given a path on which %s is a link',
  async (step) => {
    const home = await temporaryFolder()
    const files = taskFiles(home, id)
    for (const folder of [files.share, files.repo]) await mkdir(folder, { recursive: true })
    await requireOwnFolders(files)
    const elsewhere = join(home, 'elsewhere')
    await rename(join(home, step), elsewhere)
    await symlink(elsewhere, join(home, step))
    expect(await pathExists(files.share)).toBe(true) // A host that does not look would share it.
    await expect(requireOwnFolders(files)).rejects.toThrow(/There is a link on the way/)
  },
)
