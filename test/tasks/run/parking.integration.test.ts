import { lstat, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { taskView } from '../../../main/core/task/view.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { guestWithLimit, limitedSession } from '../../support/machines/limited-guest.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const parked = async ({ orchestrator }: Awaited<ReturnType<typeof startOrchestrator>>) => {
  const id = await orchestrator.run({ description: 'work', repo: 'project' })
  await expect.poll(async () => (await orchestrator.get(id)).state.phase).toBe('parked')
  return id
}

/** However slow the host is, the reset comes when the test says so. */
function twoHoursPass(): void {
  const now = Date.now
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now() + 2 * 3600 * 1000)
  onTestFinished(() => clock.mockRestore())
}

test('a task at its limit gives its slot back with its work at its ref, and goes on in its clone at the reset', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest: guestWithLimit(3600) })
  const { orchestrator, events } = setup
  const id = await parked(setup)
  await expect.poll(() => orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
  expect(taskView(await orchestrator.get(id))).toMatchObject({
    status: 'pending',
    slot: null,
    task_ref: `refs/tasks/${id}`,
    error: null,
    resumes_at: expect.stringMatching(/^2\d{3}-/),
    parked_because: expect.stringMatching(/^Claude's usage limit is reached\./),
  })
  expect(await gitIn(repo, ['show', `refs/tasks/${id}:first.txt`])).toBe('first')
  expect(events.read(0)).toEqual([])
  await expect(orchestrator.cleanup(id, { deleteRef: false, by: 'client' })).rejects.toMatchObject({
    code: 'task-busy',
  })

  twoHoursPass()
  expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({
    status: 'completed',
    merge_result: { merged: true, commits: 1 },
    result: { success: true, cost_usd: 0.75, input_tokens: 200, output_tokens: 40, turns: 4 },
    task_ref: null,
  })
  expect((await subjectsOf(repo))[0]).toBe('Both halves')
  expect(await gitIn(repo, ['show', 'HEAD:resumed.txt'])).toBe(`MICROVM_RESUME_SESSION=${limitedSession}`)
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
  expect(events.read(0)).toHaveLength(1)
})

test('a parked task outlives its server, whenever that ends, and can be cancelled with its work kept', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const id = await (async () => {
    await using setup = await startOrchestrator({ root, guest: guestWithLimit(3600) })
    return await parked(setup)
  })()
  await using setup = await startOrchestrator({ root, guest: guestWithLimit(3600) })
  const { orchestrator, events } = setup
  expect(taskView(await orchestrator.get(id))).toMatchObject({ status: 'pending', phase: 'parked' })
  expect(orchestrator.queuePosition(id)).toBeNull()
  await orchestrator.cancel(id)
  expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({
    status: 'failed',
    error: `Cancelled. Its work is kept at refs/tasks/${id}`,
    merge_result: { merged: false, reason: 'task_failed', task_ref: `refs/tasks/${id}` },
  })
  expect(await gitIn(repo, ['show', `refs/tasks/${id}:first.txt`])).toBe('first')
  expect(events.read(0)).toMatchObject([{ taskId: id, type: 'failed' }])
})

test('where the setting says so the limit fails the task', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  await using setup = await startOrchestrator({ root, guest: guestWithLimit(1), onUsageLimit: 'fail' })
  const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
  expect(taskView(await untilEnded(setup.orchestrator, id))).toMatchObject({ status: 'failed', error: /429/ })
})

test('what the first guest left in the share leads no write of the host elsewhere, and its session is no argument', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  const victim = join(root, 'victim')
  await writeFile(victim, 'untouched')
  // The attack works on a host that just writes.
  await symlink(victim, join(root, 'naive'))
  await writeFile(join(root, 'naive'), 'overwritten')
  expect(await readFile(victim, 'utf8')).toBe('overwritten')
  await writeFile(victim, 'untouched')

  const names = ['task.md', 'environment', 'start-ref', '.api-key', 'started', 'result.json.x']
  const mischief = `${names.map((name) => `ln -sf ${victim} $SHARE/${name}`).join('\n')}\nrm $SHARE/started; mkdir $SHARE/started`
  const guest = guestWithLimit(0, { sessionId: '--dangerously; touch /tmp/no', mischief })
  await using setup = await startOrchestrator({ root, guest })
  const id = await parked(setup)
  // Without a session it is told nothing of an earlier run: this guest runs into its limit again.
  await expect.poll(async () => (await setup.orchestrator.get(id)).parkings.length).toBeGreaterThan(1)
  // The host has written in place of the first one's link; a later guest makes it again.
  const text = join(taskFiles(setup.home, id).share, 'task.md')
  await expect.poll(async () => (await lstat(text).catch(() => null))?.isSymbolicLink()).toBe(true)
  // It can be too late for a moment: then it parks once more.
  await expect.poll(() => setup.orchestrator.cancel(id).catch(({ code }) => code)).toBeUndefined()
  await untilEnded(setup.orchestrator, id)
  expect(await readFile(victim, 'utf8')).toBe('untouched')
})
