import { access, open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { slotOf, type TaskId } from '../../../main/core/task/task.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { gitIn } from '../../support/git/repositories.ts'
import { registeredRepository, startOrchestrator, successJson, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** What the task's text says: `merge` succeeds with a commit, `fail` leaves one, `lose` takes its clone away, so that nothing can be salvaged. */
const guest = `
touch $SHARE/started; cd $REPO; what=$(cat $SHARE/task.md)
echo work > "$what.txt"; git add -A; git commit -q -m Work
[ "$what" = merge ] && echo '${successJson}' > $SHARE/result.json
[ "$what" = lose ] && cd / && mv $REPO $REPO-gone
exit 0
`

test('prune tells, then deletes, the folders of ended tasks whose work is safe, oldest first, and never a ref', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest })
  const { orchestrator } = setup
  const ids = []
  for (const description of ['merge', 'fail', 'lose']) {
    const id = await orchestrator.run({ description, repo: 'project' })
    await untilEnded(orchestrator, id)
    ids.push(id)
  }
  const [merged, failed, lost] = ids
  const exists = (id = '') =>
    access(taskFiles(setup.home, id as TaskId).folder).then(
      () => true,
      () => false,
    )

  expect(await orchestrator.prune({ by: 'client', dryRun: true })).toMatchObject({ tasks: [] }) // Nothing is older than 14 days.
  expect(await orchestrator.prune({ by: 'client', dryRun: true, maxGiB: 1 })).toMatchObject({ tasks: [] })
  const told = await orchestrator.prune({ by: 'client', dryRun: true, keepDays: 0 })
  expect(told.tasks.map(({ task_id }) => task_id)).toEqual([merged, failed])
  expect(told.freed_bytes).toBeGreaterThan(0)
  expect(await exists(merged)).toBe(true)

  expect(await orchestrator.prune({ by: 'client', dryRun: false, maxGiB: 0 })).toEqual({ ...told, dry_run: false })
  expect(await Promise.all([merged, failed, lost].map(exists))).toEqual([false, false, true])
  expect(await gitIn(repo, ['show', `refs/tasks/${failed}:fail.txt`])).toBe('work')
  expect((await orchestrator.list()).map(({ id }) => id)).toEqual([lost])
})

test('usage counts what is allocated, not the length of a sparse disk', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest })
  const id = await setup.orchestrator.run({ description: 'merge', repo: 'project' })
  const { state } = await untilEnded(setup.orchestrator, id)
  const slot = slotOf(state)
  const megabyte = 1024 ** 2
  await using disk = await open(join(setup.home, 'slots', String(slot), 'nix-store.img'), 'r+')
  await disk.write(Buffer.alloc(megabyte, 1))
  await disk.sync()
  const usage = await setup.orchestrator.usage()
  expect(usage.slots.map((entry) => entry.slot)).toEqual([slot])
  expect(usage.slots[0]?.bytes).toBeGreaterThanOrEqual(megabyte)
  expect(usage.slots[0]?.bytes).toBeLessThan(2 * megabyte)
  expect(usage.tasks).toEqual([{ task_id: id, repo: 'project', status: 'completed', bytes: expect.any(Number) }])
  await access(taskFiles(setup.home, id).folder)
})
