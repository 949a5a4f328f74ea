import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { repositoryViews } from '../../../main/api/views.ts'
import { AppError } from '../../../main/core/failure.ts'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { firstSession, guestThatForks } from '../../support/machines/forking-guest.ts'
import {
  type OrchestratorSetup,
  registeredRepository,
  startOrchestrator,
  untilEnded,
} from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function place(before = '', rest: Partial<OrchestratorSetup> = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const setup = await startOrchestrator({ root, guest: guestThatForks(before), ...rest })
  const { orchestrator, home } = setup
  const view = async (id: TaskId) => taskView(await untilEnded(orchestrator, id))
  return {
    ...{ ...setup, root, repo, view },
    ended: async (description: string) => {
      const id = await orchestrator.run({ description, repo: 'project' })
      await view(id)
      return id
    },
    forked: async (id: TaskId, text: string) => {
      const [fork] = await orchestrator.fork(id, { text, count: 1 })
      if (!fork) throw new Error('There is none')
      return { id: fork, ...(await view(fork)) }
    },
    folders: () => readdir(join(home, 'tasks')),
    given: async (id: TaskId, name: string) => {
      const environment = await readFile(join(taskFiles(home, id).share, 'environment'), 'utf8')
      return environment
        .split('\0')
        .find((pair) => pair.startsWith(`MICROVM_${name}=`))
        ?.split('=')[1]
    },
  }
}

test('a merged task is forked three ways: each has its clone, session and result of its own, and what the first cost is counted once', async () => {
  const ownWay = '[ -z "$copy" ] || { echo way > "$copy.txt"; git add "$copy.txt"; git commit -qm "Way $copy"; }'
  await using at = await place(`[ -e left ] || echo left > left\n${ownWay}`)
  const { orchestrator, repo, home } = at
  const id = await at.ended('first')
  expect((await at.view(id)).merge_result).toMatchObject({ merged: true })
  await commitFiles(repo, { user: 'mine\n' }, 'Mine')
  const forks = await orchestrator.fork(id, { text: 'way', count: 3, owner: 'me', caps: { maxTokens: 5000 } })
  expect(new Set(forks).size).toBe(3)
  const views = await Promise.all(forks.map((fork) => at.view(fork)))
  for (const view of views) {
    expect(view).toMatchObject({
      ...{ status: 'completed', description: 'way', forked_from: id },
      result: { success: true, cost_usd: 0.5, input_tokens: 100, turns: 1 },
    })
  }
  const sessions = await Promise.all(forks.map((fork) => at.given(fork, 'FORK_SESSION')))
  expect(new Set(sessions).size).toBe(3)
  expect(views.map(({ merge_result }) => merge_result?.merged)).toEqual([true, true, true])
  const subjects = await subjectsOf(repo)
  // Each brings its own commit, and of what all of them have only one is merged.
  expect(subjects.filter((subject) => subject.startsWith('Way ')).sort()).toEqual(
    sessions.map((copy) => `Way ${copy}`).sort(),
  )
  expect(subjects.filter((subject) => !subject.startsWith('Way ')).slice(0, 4)).toEqual([
    ...['Add way', 'Mine', `WIP: uncommitted work of task ${id}`, 'Add first'],
  ])
  const session = (fork: TaskId, name = '') =>
    readFile(join(taskFiles(home, fork).share, 'session', 'p', `${name}.jsonl`), 'utf8')
  for (const [index, fork] of forks.entries()) {
    expect(await at.given(fork, 'RESUME_SESSION')).toBe(firstSession)
    expect(await session(fork, sessions[index])).toBe('first\nway\n')
    expect(await readFile(join(taskFiles(home, fork).repo, 'left'), 'utf8')).toBe('left\n')
    expect((await orchestrator.get(fork)).caps?.maxTokens).toBe(5000)
  }
  expect(await session(id, firstSession)).toBe('first\n')
  expect(repositoryViews(await orchestrator.repositories(), await orchestrator.totals())).toMatchObject([
    { cost_usd: 2 },
  ])
  expect(at.events.read(0).map(({ owner }) => owner)).toEqual([null, 'me', 'me', 'me'])
})

test('a task is forked after a failure and after a conflict, with all that it left; a fork goes on and is forked like any other', async () => {
  const collide =
    '[ "$TOLD" != collide ] || (cd $USER_REPO && echo mine > collide.txt && git add . && git commit -qm Mine)'
  await using at = await place(
    `USER_REPO=$(dirname $SHARE)/../../../project; ${collide}; [ "$TOLD" != fail ] || { touch $SHARE/failed; echo draft > draft; }`,
  )
  const { orchestrator, repo, home } = at
  const failed = await at.ended('fail')
  expect(await at.view(failed)).toMatchObject({ status: 'failed' })
  const fork = await at.forked(failed, 'better')
  expect(fork).toMatchObject({ status: 'completed', error: null, merge_result: { merged: true } })
  expect((await subjectsOf(repo)).slice(0, 3)).toEqual([
    `WIP: uncommitted work of task ${fork.id}`,
    'Add better',
    'Add fail',
  ])
  expect(await at.view(failed)).toMatchObject({ status: 'failed', task_ref: `refs/tasks/${failed}` })

  await orchestrator.continue(fork.id, { text: 'more' })
  expect(await at.view(fork.id)).toMatchObject({ result: { cost_usd: 1 }, merge_result: { merged: true } })
  const copy = (await orchestrator.get(fork.id)).fork?.copy
  expect([await at.given(fork.id, 'RESUME_SESSION'), await at.given(fork.id, 'FORK_SESSION')]).toEqual([
    copy,
    undefined,
  ])
  const again = await at.forked(fork.id, 'again')
  expect(again).toMatchObject({ result: { cost_usd: 0.5 }, merge_result: { merged: true }, forked_from: fork.id })
  expect(await at.given(again.id, 'RESUME_SESSION')).toBe(copy)
  const told = (await orchestrator.get(again.id)).fork
  expect([told?.description, told?.told.map(({ text }) => text)]).toEqual(['fail', ['better', 'more']])
  expect(await readFile(join(taskFiles(home, again.id).share, 'task.md'), 'utf8')).toBe('fail')

  const conflict = await at.ended('collide')
  expect(await at.view(conflict)).toMatchObject({ merge_result: { reason: 'conflicts' } })
  expect(await at.forked(conflict, 'other')).toMatchObject({ merge_result: { reason: 'conflicts' } })
  await gitIn(repo, ['rm', '-q', 'collide.txt'])
  await gitIn(repo, ['commit', '-qm', 'Away'])
  expect(await at.forked(conflict, 'third')).toMatchObject({ merge_result: { merged: true, commits: 2 } })
})

test('what was rejected is reviewed also where a fork brings it', async () => {
  await using at = await place('touch $SHARE/failed')
  const id = await at.ended('first')
  await at.orchestrator.reviews.reject(id, { dropRef: false })
  expect(await at.forked(id, 'second')).toMatchObject({ status: 'failed' })
  expect((await at.orchestrator.list()).length).toBe(2)
  expect(
    (await at.orchestrator.get((await at.orchestrator.fork(id, { text: 'third', count: 1 }))[0] as TaskId)).mergePolicy,
  ).toEqual({
    kind: 'review',
  })
})

test('a task that works, has no clone, or whose session was not kept is not forked, with what to do instead and nothing left behind', async () => {
  await using at = await place('[ "$TOLD" != slow ] || until [ -e $SHARE/enough ]; do sleep 0.05; done')
  const { orchestrator, home } = at
  const one = (id: TaskId, text = 'x') => orchestrator.fork(id, { text, count: 2 })
  const slow = await orchestrator.run({ description: 'slow', repo: 'project' })
  await expect(one(slow)).rejects.toMatchObject({ code: 'task-busy' })
  await orchestrator.cancel(slow)
  const id = await at.ended('first')
  await expect(one(id, ' ')).rejects.toMatchObject({ code: 'description-invalid' })
  await expect(one('00000000' as TaskId)).rejects.toMatchObject({ code: 'task-unknown' })
  const { share, repo } = taskFiles(home, id)
  await rm(join(share, 'session', 'p', `${firstSession}.jsonl`))
  await expect(one(id)).rejects.toMatchObject({
    code: 'task-ended',
    hint: expect.stringMatching(/continue_task.*run_task with base/),
  })
  await rm(repo, { recursive: true })
  await expect(one(id)).rejects.toMatchObject({ code: 'task-ended', hint: expect.stringContaining('retry_task') })
  expect((await at.folders()).sort()).toEqual([id, slow].sort())
})

test('a fork that is cancelled while it waits, or cannot be given what it needs, is kept by prune and goes on with all that it was copied from', async () => {
  let [isQueuePaused, isKeyMissing] = [false, false]
  const provisions = {
    get variables() {
      if (isKeyMissing) throw new AppError('key-missing', 'There is no key', { hint: 'Set one' })
      return {}
    },
  }
  await using at = await place('[ -e left ] || echo left > left', { provisions, isQueuePaused: () => isQueuePaused })
  const { orchestrator, home, repo } = at
  const id = await at.ended('first')
  isQueuePaused = true
  const forks = await orchestrator.fork(id, { text: 'way', count: 3 })
  const [cancelled, dropped, unequipped] = forks as [TaskId, TaskId, TaskId]
  await orchestrator.cancel(cancelled)
  await orchestrator.cancel(dropped)
  isKeyMissing = true
  isQueuePaused = false
  orchestrator.settingsChanged()
  expect((await at.view(cancelled)).error).toBe('Cancelled')
  expect((await untilEnded(orchestrator, unequipped)).state).toMatchObject({
    outcome: { failure: { code: 'key-missing', hint: 'Set one' } },
  })
  isKeyMissing = false

  const pruned = await orchestrator.prune({ by: 'person', dryRun: false, maxGiB: 0 })
  expect(pruned.tasks.map(({ task_id }) => task_id)).toEqual([id])
  await orchestrator.cleanup(dropped, { deleteRef: false, by: 'person' })
  expect(await gitIn(repo, ['show', `refs/tasks/${dropped}:left`])).toBe('left')
  for (const fork of [cancelled, unequipped]) {
    await orchestrator.continue(fork, { text: 'more' })
    const { fork: point, result } = await untilEnded(orchestrator, fork)
    expect(result).toMatchObject({ success: true, usage: { sessionId: point?.copy } })
    const session = join(taskFiles(home, fork).share, 'session', 'p', `${point?.copy}.jsonl`)
    expect(await readFile(session, 'utf8')).toMatch(/^first\n/)
    expect(await readFile(join(taskFiles(home, fork).repo, 'left'), 'utf8')).toBe('left\n')
  }
  await rm(taskFiles(home, cancelled).repo, { recursive: true })
  await expect(orchestrator.continue(cancelled, { text: 'x' })).rejects.toMatchObject({
    hint: expect.stringMatching(`fork_task with ${id}`),
  })
})
