import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { TaskState } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { isAlive } from '../../../main/lib/processes/process-identity.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { guestThatCommits, registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { taskId } from '../../support/tasks.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** Of `expect.poll`, which gives up after a second otherwise: the test's own time limit is the only one. */
const patience = { timeout: 300_000 }

/** Commits once, leaves a draft uncommitted, and works on until it is stopped. */
const endless =
  'touch $SHARE/started; cd $REPO; echo work > work.txt; git add -A; git commit -q -m Work; echo draft > draft.txt; touch $HOME/deep; sleep 600'

async function place(guest: string) {
  const root = await temporaryFolder()
  return { root, repo: await registeredRepository(root), setup: await startOrchestrator({ root, guest }) }
}

const exists = (path: string) =>
  readFile(path).then(
    () => true,
    () => false,
  )

describe('a task that is cancelled', () => {
  test('while its agent works keeps commits and drafts at its ref, and its end is told once', async () => {
    const { root, repo, setup } = await place(endless)
    await using _ = setup
    const { orchestrator, events } = setup
    const id = await orchestrator.run({ description: 'work', repo: 'project' })
    await expect.poll(() => exists(join(root, 'run', id, 'deep')), patience).toBe(true)
    await orchestrator.cancel(id)
    await orchestrator.cancel(id)
    const task = await untilEnded(orchestrator, id)
    await orchestrator.cancel(id)
    expect(taskView(task)).toMatchObject({
      status: 'failed',
      phase: 'finished',
      error: `Cancelled. Its work is kept at refs/tasks/${id}`,
      merge_result: { merged: false, reason: 'task_failed' },
    })
    expect(task.state).toMatchObject({ outcome: { kind: 'cancelled' } })
    expect(task.machine && (await isAlive(task.machine))).toBe(false)
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:work.txt`])).toBe('work')
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
    expect(await subjectsOf(repo)).toHaveLength(1)
    expect(events.read(0)).toMatchObject([{ taskId: id, type: 'failed', error: expect.stringMatching(/^Cancelled/) }])
    expect(orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
  })

  test('at once, before its clone is complete, ends with its slot free', async () => {
    const { setup } = await place(endless)
    await using _ = setup
    const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
    await setup.orchestrator.cancel(id)
    const task = await untilEnded(setup.orchestrator, id)
    expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'cancelled' } })
    expect(setup.events.read(0)).toMatchObject([{ type: 'failed', error: expect.stringMatching(/^Cancelled/) }])
    expect(setup.orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
    await setup.orchestrator.cleanup(id, { deleteRef: false, by: 'client' })
  })

  test('while its guest boots has its machine stopped', async () => {
    const { setup } = await place('sleep 600')
    await using _ = setup
    const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
    await expect.poll(async () => (await setup.orchestrator.get(id)).machine, patience).not.toBeNull()
    await setup.orchestrator.cancel(id)
    const task = await untilEnded(setup.orchestrator, id)
    expect(task.state).toMatchObject({ phase: 'finished', outcome: { kind: 'cancelled' } })
    expect(task.machine && (await isAlive(task.machine))).toBe(false)
  })

  test('and whose guest does not listen is made to end', async () => {
    const { root, setup } = await place(`trap '' TERM; ${endless} & wait; sleep 600`)
    await using _ = setup
    const id = await setup.orchestrator.run({ description: 'work', repo: 'project' })
    await expect.poll(() => exists(join(root, 'run', id, 'deep')), patience).toBe(true)
    await setup.orchestrator.cancel(id)
    expect((await untilEnded(setup.orchestrator, id)).state).toMatchObject({ outcome: { kind: 'cancelled' } })
  })

  test('by an orchestrator that died before the machine was off is stopped by the next one', async () => {
    const { root, repo, setup: first } = await place(endless)
    const id = await first.orchestrator.run({ description: 'work', repo: 'project' })
    await expect.poll(() => exists(join(root, 'run', id, 'deep')), patience).toBe(true)
    await first[Symbol.asyncDispose]()
    const reason = { code: 'cancelled', message: 'Cancelled' }
    const line = JSON.stringify({ type: 'stop-requested', at: new Date().toISOString(), reason })
    await writeFile(taskFiles(first.home, id).events, `${line}\n`, { flag: 'a' })

    await using second = await startOrchestrator({ root, guest: endless })
    const task = await untilEnded(second.orchestrator, id)
    expect(task.state).toMatchObject({ outcome: { kind: 'cancelled' } })
    expect(task.machine && (await isAlive(task.machine))).toBe(false)
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
  })
})

test('a task that is unknown, has ended or is being merged is not cancelled, and the error says which', async () => {
  const { setup } = await place(guestThatCommits('greeting.txt'))
  await using _ = setup
  const { orchestrator } = setup
  await expect(orchestrator.cancel(taskId('0123abcd'))).rejects.toMatchObject({ code: 'task-unknown' })
  const id = await orchestrator.run({ description: 'work', repo: 'project' })
  let phase: TaskState['phase'] = 'cloning'
  while (phase !== 'merging' && phase !== 'finished') {
    await setImmediate()
    phase = (await orchestrator.get(id)).state.phase
  }
  if (phase === 'merging') await expect(orchestrator.cancel(id)).rejects.toMatchObject({ code: 'task-busy' })
  expect(taskView(await untilEnded(orchestrator, id)).status).toBe('completed')
  await expect(orchestrator.cancel(id)).rejects.toMatchObject({ code: 'task-ended' })
})

test('an orchestrator that is told to stop its tasks ends each with its work kept, and takes no new one', async () => {
  const { root, repo, setup } = await place(endless)
  await using _ = setup
  const { orchestrator, events } = setup
  const ids = await Promise.all(['a', 'b'].map((description) => orchestrator.run({ description, repo: 'project' })))
  for (const id of ids) await expect.poll(() => exists(join(root, 'run', id, 'deep')), patience).toBe(true)
  await orchestrator.stopAll()
  for (const id of ids) {
    const task = await orchestrator.get(id)
    expect(task.state).toMatchObject({ outcome: { kind: 'failed', failure: { code: 'interrupted' } } })
    expect(task.machine && (await isAlive(task.machine))).toBe(false)
    expect(await gitIn(repo, ['show', `refs/tasks/${id}:draft.txt`])).toBe('draft')
  }
  expect(events.read(0)).toHaveLength(2)
  await expect(orchestrator.run({ description: 'c', repo: 'project' })).rejects.toMatchObject({ code: 'interrupted' })
})
