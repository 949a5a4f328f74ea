import { chmod, lstat, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { cloneWorkspace } from '../../../main/git/clone/clone-workspace.ts'
import { keepIndex } from '../../../main/git/clone/keep-index.ts'
import { layKnownIndex } from '../../../main/git/salvage/known-index.ts'
import { startTask } from '../../support/git/git-tasks.ts'
import { gitIn, makeRepository, statusOf } from '../../support/git/repositories.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const files = { 'one.txt': 'one\n', 'dir/two.txt': 'two\n', 'dir/größe': 'three\n', gone: 'four\n' }

/** Changes a file, leaving its size and the time of its content. */
async function changeSecretly(path: string): Promise<void> {
  const { atime, mtime, size } = await lstat(path)
  await writeFile(path, 'x'.repeat(size))
  await utimes(path, atime, mtime)
}

test.each(['sha1', 'sha256'] as const)(
  'git need not read what no guest changed, and reads all else: %s',
  async (objectFormat) => {
    const root = await temporaryFolder()
    const repoPath = join(root, 'project')
    await makeRepository(repoPath, { files, objectFormat })
    const workspace = join(root, 'clone')
    await cloneWorkspace({ repoPath, workspace, taskId: 'a1b2c3d4' })
    await sleep(20)
    // As a change of owner does, this changes of each file when it was changed, and nothing else.
    for (const name of ['flake.nix', ...Object.keys(files)]) {
      const path = join(workspace, name)
      await chmod(path, (await lstat(path)).mode)
    }
    await writeFile(join(workspace, 'dir/two.txt'), 'changed before it was kept\n')
    const kept = join(root, 'kept')
    await keepIndex({ workspace, objectFormat }, kept)
    const toBeRead = async (): Promise<string[]> => {
      const index = join(workspace, '.git', 'index')
      expect(await layKnownIndex({ path: kept, objectFormat }, workspace, index)).toBe(true)
      // git's own words for an entry without a size, and for every other one.
      const entries = (await gitIn(workspace, ['-c', 'core.quotePath=false', 'ls-files', '--debug'])).split(/\n(?=\S)/)
      return entries.filter((entry) => /size: 0\t/.test(entry)).map((entry) => entry.split('\n')[0] ?? '')
    }
    expect(await toBeRead()).toEqual(['dir/two.txt'])
    await changeSecretly(join(workspace, 'one.txt'))
    await rm(join(workspace, 'gone'))
    expect(await toBeRead()).toEqual(['dir/two.txt', 'gone', 'one.txt'])
  },
)

test('what a guest changed is saved, however it hides that, and whatever became of the index that was kept', async () => {
  const root = await temporaryFolder()
  const repo = join(root, 'project')
  await makeRepository(repo, { files })
  const task = await startTask(repo, root)
  await changeSecretly(join(task.workspace, 'one.txt'))
  const { commit, filesChanged } = await task.salvage()
  expect(filesChanged).toEqual(['one.txt'])
  expect(await gitIn(repo, ['show', `${commit}:one.txt`])).toBe('xxxx')

  const index = join(task.state, 'clone-index')
  const whole = await readFile(index)
  for (const damaged of [Buffer.alloc(0), whole.subarray(0, 100), Buffer.alloc(whole.length, 7)]) {
    await writeFile(index, damaged)
    expect((await task.salvage()).filesChanged).toEqual(['one.txt'])
  }
  await rm(index)
  expect((await task.salvage()).filesChanged).toEqual(['one.txt'])
  expect(await statusOf(repo)).toBe('')
})
