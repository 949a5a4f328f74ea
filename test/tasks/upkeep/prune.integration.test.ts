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

test('the folder of a merged task stays while its clone alone has a file, and goes with the word to drop its work', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const guest = `touch $SHARE/started; cd $REPO; echo work > work.txt; git add -A; git commit -q -m Work
mkdir .MicroVM; echo mine > .MicroVM/file
echo '${successJson}' > $SHARE/result.json`
  await using setup = await startOrchestrator({ root, guest })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'odd', repo: 'project' })
  const { state, work } = await untilEnded(orchestrator, id)
  expect(state).toMatchObject({ outcome: { kind: 'merged' } })
  expect(work).toMatchObject({ unsaved: true })
  expect(work?.notes.join()).toContain('.MicroVM/file was left out')
  expect((await orchestrator.prune({ by: 'person', dryRun: false, keepDays: 0 })).tasks).toEqual([])
  await expect(orchestrator.cleanup(id, { deleteRef: false, by: 'person' })).rejects.toMatchObject({
    code: 'salvage-failed',
  })
  await orchestrator.cleanup(id, { deleteRef: true, by: 'person' })
  expect(await orchestrator.list()).toEqual([])
})

/** Merges a line, and leaves a branch beside it. */
const guestWithSide = `
touch $SHARE/started; cd $REPO
git switch -q -c side; echo aside > aside.txt; git add -A; git commit -q -m Aside
git switch -q -; echo work > work.txt; git add -A; git commit -q -m Work
echo '${successJson}' > $SHARE/result.json
`

test('the folder of a merged task stays while something beside its work is nowhere else, and goes once any ref holds that', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest: guestWithSide })
  const { orchestrator } = setup
  const id = await orchestrator.run({ description: 'both', repo: 'project' })
  const { state, work } = await untilEnded(orchestrator, id)
  expect(state).toMatchObject({ outcome: { kind: 'merged' } })
  const [kept] = work?.also ?? []
  if (!kept) throw new Error('nothing was kept beside the line')
  const pruned = async (dryRun: boolean) =>
    (await orchestrator.prune({ by: 'person', dryRun, keepDays: 0 })).tasks.map(({ task_id }) => task_id)
  expect(await pruned(true)).toEqual([id])
  await gitIn(repo, ['update-ref', '-d', kept.ref])
  expect(await pruned(false)).toEqual([])
  for (const by of ['client', 'person'] as const) {
    await expect(orchestrator.cleanup(id, { deleteRef: false, by })).rejects.toMatchObject({ code: 'salvage-failed' })
  }
  await gitIn(repo, ['branch', 'mine', kept.commit])
  expect(await pruned(false)).toEqual([id])
  expect(await orchestrator.list()).toEqual([])
})

test('a ref that somebody deleted keeps the folder of a task whose work waited there; one that a person dropped does not', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest })
  const { orchestrator } = setup
  const [lost, dropped] = await Promise.all(
    ['fail', 'fail'].map(async (description) => {
      const id = await orchestrator.run({ description, repo: 'project' })
      await untilEnded(orchestrator, id)
      return id
    }),
  )
  if (!lost || !dropped) throw new Error('two were run')
  await gitIn(repo, ['update-ref', '-d', `refs/tasks/${lost}`])
  await orchestrator.reviews.reject(dropped, { dropRef: true })
  const { tasks } = await orchestrator.prune({ by: 'person', dryRun: false, keepDays: 0 })
  expect(tasks.map(({ task_id }) => task_id)).toEqual([dropped])
  await orchestrator.cleanup(lost, { deleteRef: true, by: 'person' })
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
