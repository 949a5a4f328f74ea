import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { pathExists } from '../../../main/lib/files/look.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { makeUndeletable } from '../../support/git/undeletable.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

test('one task that cannot be deleted stops no prune, is told by prune and usage, and goes once it can, also at a later start', {
  timeout: 300_000,
}, async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const guest = guestThatCommits('$(cat $SHARE/task.md).txt')
  const first = await startOrchestrator({ root, guest })
  const ids = []
  for (const description of ['one', 'two']) {
    const id = await first.orchestrator.run({ description, repo: 'project' })
    await untilEnded(first.orchestrator, id)
    ids.push(id)
  }
  const [stuck = ids[0], ...others] = ids
  if (!stuck) throw new Error('No task')
  const { folder, repo } = taskFiles(first.home, stuck)
  const thing = join(repo, 'thing')
  await mkdir(thing)
  const restore = await makeUndeletable(thing)

  const report = await first.orchestrator.prune({ dryRun: false, keepDays: 0, by: 'person' })
  expect(report.tasks.map(({ task_id }) => task_id)).toEqual(others)
  expect(report.left).toMatchObject([{ path: repo, reason: expect.stringMatching(/not permitted|busy/i) }])
  expect((await first.orchestrator.usage()).left).toMatchObject([{ path: repo }])
  expect((await first.orchestrator.list()).map(({ id }) => id)).toEqual([stuck])
  await expect(first.orchestrator.cleanup(stuck, { deleteRef: false, by: 'person' })).rejects.toThrow(
    /could not be deleted/,
  )
  await first[Symbol.asyncDispose]()

  const second = await startOrchestrator({ root, guest })
  expect((await second.orchestrator.usage()).left).toMatchObject([{ path: repo }])
  await second[Symbol.asyncDispose]()
  await restore()

  await using third = await startOrchestrator({ root, guest })
  await expect.poll(() => pathExists(thing)).toBe(false)
  await expect.poll(async () => (await third.orchestrator.usage()).left).toEqual([])
  await third.orchestrator.cleanup(stuck, { deleteRef: false, by: 'person' })
  expect(await pathExists(folder)).toBe(false)
})
