import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TaskId } from '../../main/core/task/task.ts'
import { taskView } from '../../main/core/task/view.ts'
import { pathExists } from '../../main/lib/files/look.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { taskFiles } from '../../main/tasks/record/task-files.ts'
import { gitIn, subjectsOf } from '../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../support/orchestrator.ts'
import { temporaryFolder } from '../support/temporary.ts'

const guest = guestThatCommits('greeting.txt', 'until [ -e $HOME/go ]; do sleep 0.05; done')

/** A task at work, and what lets its guest go on. */
async function atWork(makeRepository: (root: string) => Promise<string>) {
  const root = await temporaryFolder()
  const repo = await makeRepository(root)
  const setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'say hello', repo: repo.slice(root.length + 1) })
  await expect.poll(async () => (await setup.orchestrator.get(id)).state.phase).toBe('working')
  const seenThrough = async () => {
    await writeFile(join(root, 'run', id, 'go'), '')
    return taskView(await untilEnded(setup.orchestrator, id))
  }
  return { root, repo, id, setup, seenThrough }
}

async function toldOnce({ events, orchestrator }: Awaited<ReturnType<typeof startOrchestrator>>, id: TaskId) {
  expect(events.read(0).map(({ taskId }) => taskId)).toEqual([id])
  await expect.poll(() => orchestrator.slots().filter(({ taskId }) => taskId !== null)).toEqual([])
}

describe('while a task works', () => {
  test('its repository is deleted: it ends and is told once, its work stays in the home, and it can be cleaned up', async () => {
    const { repo, id, setup, seenThrough } = await atWork(registeredRepository)
    await using _setup = setup
    await rm(repo, { recursive: true })
    const files = taskFiles(setup.home, id)
    expect(await seenThrough()).toMatchObject({ status: 'failed', error: expect.stringContaining(files.repo) })
    await toldOnce(setup, id)
    expect((await subjectsOf(files.repo))[0]).toBe('Add greeting.txt')
    await expect(setup.orchestrator.cancel(id)).rejects.toMatchObject({ code: 'task-ended' })
    await expect(setup.orchestrator.cleanup(id, { deleteRef: false, by: 'client' })).rejects.toMatchObject({
      code: 'salvage-failed',
    })
    await expect(setup.orchestrator.cleanup(id, { deleteRef: false, by: 'person' })).rejects.toMatchObject({
      code: 'salvage-failed',
    })
    await setup.orchestrator.cleanup(id, { deleteRef: true, by: 'person' })
    expect(await pathExists(files.folder)).toBe(false)
    expect(await pathExists(repo)).toBe(false)
  })

  test('its repository is moved away: once it is registered again, a merge brings the work there', async () => {
    const { root, repo, id, setup, seenThrough } = await atWork(registeredRepository)
    await using _setup = setup
    const moved = join(root, 'moved')
    await rename(repo, moved)
    expect(await seenThrough()).toMatchObject({ status: 'failed' })
    await registerRepository(setup.home, { path: moved })
    expect(await setup.orchestrator.merge(id, 'person')).toMatchObject({ kind: 'merged' })
    expect((await subjectsOf(moved))[0]).toBe('Add greeting.txt')
  })

  test('its linked work tree is removed: the work is at its ref in the repository of the others', async () => {
    const { root, repo, id, setup, seenThrough } = await atWork(async (folder) => {
      const main = await registeredRepository(folder)
      await gitIn(main, ['worktree', 'add', '--quiet', '-b', 'feature', join(folder, 'linked')])
      await registerRepository(join(folder, 'home'), { path: join(folder, 'linked') })
      return join(folder, 'linked')
    })
    await using _setup = setup
    const main = join(root, 'project')
    await gitIn(main, ['worktree', 'remove', repo])
    const view = await seenThrough()
    expect(view).toMatchObject({ task_ref: `refs/tasks/${id}`, merge_result: { merged: false } })
    await toldOnce(setup, id)
    expect((await subjectsOf(main, `refs/tasks/${id}`))[0]).toBe('Add greeting.txt')
    await setup.orchestrator.cleanup(id, { deleteRef: true, by: 'person' })
    expect(await gitIn(main, ['for-each-ref', 'refs/tasks'])).toBe('')
  })

  test('its folder in the home is deleted: it ends, is told once, and holds no slot', async () => {
    const { root, id, setup } = await atWork(registeredRepository)
    await using _setup = setup
    await rm(taskFiles(setup.home, id).folder, { recursive: true, maxRetries: 10 }) // The host writes there.
    await writeFile(join(root, 'run', id, 'go'), '')
    await expect.poll(() => setup.events.read(0)).toMatchObject([{ taskId: id, type: 'failed' }])
    await expect.poll(() => setup.orchestrator.slots().filter(({ taskId }) => taskId !== null)).toEqual([])
    await expect.poll(() => setup.orchestrator.get(id).catch(({ code }) => code)).toBe('task-unknown')
  })
})
