import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { shareNames, taskFiles } from '../../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { guestThatAttempts } from '../../support/machines/attempting-guest.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

/** A judge looks at the attempts where it is told. */
const looks = `
  sed -n 's/^- attempt [0-9]*: \\(git diff [0-9a-f]* [0-9a-f]*\\),.*/\\1/p' $SHARE/task.md | while read -r line; do $line; done >seen.diff
  grep -q '^+by one$' seen.diff
  rm seen.diff`

async function world(choice = 'none', then = 'exit') {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const setup = await startOrchestrator({ root, guest: guestThatAttempts(choice, { looks, then }) })
  const { orchestrator, events } = setup
  const ended = (ids: readonly TaskId[]) =>
    Promise.all(ids.map(async (id) => taskView(await untilEnded(orchestrator, id))))
  return {
    ...{ root, repo, orchestrator, events, ended },
    hasResult: (id: TaskId) => pathExists(join(taskFiles(setup.home, id).share, shareNames.result)),
    reason: async (id: TaskId) => taskView(await orchestrator.get(id)).merge_result,
    [Symbol.asyncDispose]: () => setup[Symbol.asyncDispose](),
  }
}

const request = { description: 'Greet', repo: 'project' }

test('attempts start from one commit, none is merged before one is chosen, and the work of the others stays', async () => {
  await using at = await world()
  const { orchestrator, repo } = at
  const start = await gitIn(repo, ['rev-parse', 'main'])
  const ids = await orchestrator.runAttempts({ ...request, count: 3, models: ['one', 'two'] })
  await commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
  const views = await at.ended(ids)
  expect(views.map(({ model, attempt, merge_result }) => ({ model, attempt, merge_result }))).toEqual(
    ['one', 'two', 'one'].map((model, index) => ({
      model,
      attempt: { group: expect.stringMatching(/^[0-9a-f]{8}$/), number: index + 1, of: 3, chosen: false },
      merge_result: expect.objectContaining({ merged: false, reason: 'awaiting_choice' }),
    })),
  )
  const tasks = await orchestrator.attempts(views[0]?.attempt?.group ?? '')
  expect(tasks.map(({ id, startCommit }) => ({ id, startCommit }))).toEqual(
    ids.map((id) => ({ id, startCommit: start })),
  )
  const [first, second, third] = ids as [TaskId, TaskId, TaskId]
  await expect(orchestrator.merge(second, 'client')).rejects.toMatchObject({ code: 'merge-failed' })
  expect(await orchestrator.choose(second, 'client')).toMatchObject({ kind: 'merged', method: 'rebase' })
  expect(await orchestrator.choose(second, 'client')).toMatchObject({ kind: 'merged' })
  expect(await subjectsOf(repo)).toEqual(['By two', 'By the user', expect.any(String)])
  for (const id of [first, third]) {
    expect(await at.reason(id)).toMatchObject({ reason: 'not_chosen', detail: expect.stringContaining(second) })
    const commit = await gitIn(repo, ['rev-parse', `refs/tasks/${id}`])
    expect(await gitIn(repo, ['rev-parse', `refs/tasks/${second}.also/${commit}`])).toBe(commit)
    await expect(orchestrator.choose(id, 'client')).rejects.toMatchObject({ code: 'task-ended' })
  }
})

test('a judge reads what passed its check and chooses, and its choice is merged as the policy says', async () => {
  await using at = await world('3')
  const { orchestrator, repo, root } = at
  await registerRepository(join(root, 'home'), { path: repo, check: 'npm test' })
  const ids = await orchestrator.runAttempts({ ...request, count: 3, models: ['one', 'bad', 'three'], judged: true })
  await at.ended(ids)
  await expect.poll(async () => (await orchestrator.list()).length).toBe(4)
  const judge = (await orchestrator.list()).find(({ judges }) => judges !== undefined)
  const [view] = await at.ended(judge ? [judge.id] : [])
  expect(view).toMatchObject({ status: 'completed', judges: expect.any(String), merge_result: { method: 'none' } })
  const reasons = await Promise.all(ids.map((id) => at.reason(id)))
  expect(reasons).toEqual([
    expect.objectContaining({ reason: 'not_chosen' }),
    expect.objectContaining({ reason: 'check_failed' }),
    expect.objectContaining({ merged: true }),
  ])
  expect((await subjectsOf(repo))[0]).toBe('By three')
})

test('an attempt that did not succeed is taken by no judge and no client while others did, and of two that choose at once one is', async () => {
  await using at = await world('2')
  const { orchestrator, repo, root } = at
  await registerRepository(join(root, 'home'), { path: repo, check: 'npm test' })
  const ids = await orchestrator.runAttempts({ ...request, count: 3, models: ['one', 'bad', 'three'], judged: true })
  await at.ended(ids)
  await expect.poll(async () => (await orchestrator.list()).length).toBe(4)
  await at.ended((await orchestrator.list()).map(({ id }) => id))
  const [one, bad, three] = ids as [TaskId, TaskId, TaskId]
  const reasons = async () =>
    (await Promise.all(ids.map((id) => at.reason(id)))).map((result) => (result?.merged ? 'merged' : result?.reason))
  expect(await reasons()).toEqual(['awaiting_choice', 'check_failed', 'awaiting_choice'])
  await expect(orchestrator.choose(bad, 'client')).rejects.toMatchObject({
    ...{ code: 'merge-failed', hint: expect.stringContaining(`${one}, ${three}`) },
  })
  const chosen = await Promise.allSettled([orchestrator.choose(one, 'client'), orchestrator.choose(three, 'client')])
  expect(chosen.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(chosen[1]).toMatchObject({ reason: { code: 'task-ended' } })
  expect(await reasons()).toEqual(['merged', 'check_failed', 'not_chosen'])
  expect((await orchestrator.list()).length).toBe(4)
})

test.each([
  ['names none of them', '7', 'auto', 'awaiting_choice'],
  ['chooses where work waits for a review', '1', 'review', 'awaiting_review'],
] as const)('a judge that %s leaves the rest to a person', async (_name, choice, merge, reason) => {
  await using at = await world(choice)
  const { orchestrator, repo, root } = at
  await registerRepository(join(root, 'home'), { path: repo, merge })
  const ids = await orchestrator.runAttempts({ ...request, count: 2, models: ['one'], judged: true })
  await at.ended(ids)
  await expect.poll(async () => (await orchestrator.list()).length).toBe(3)
  await at.ended((await orchestrator.list()).map(({ id }) => id))
  const [first] = ids as [TaskId]
  expect(await at.reason(first)).toMatchObject({ merged: false, reason })
  expect((await subjectsOf(repo)).length).toBe(1)
  // To choose one is no review of it.
  const chosen = merge === 'review' ? { kind: 'unmerged', reason: 'awaiting_review' } : { kind: 'merged' }
  expect(await orchestrator.choose(first, 'person')).toMatchObject(chosen)
  if (merge === 'review') expect(await orchestrator.merge(first, 'person')).toMatchObject({ kind: 'merged' })
})

test('what a judge had written that was stopped is no choice', async () => {
  await using at = await world('1', 'sleep 300')
  const { orchestrator } = at
  const ids = await orchestrator.runAttempts({ ...request, count: 2, models: ['one', 'two'], judged: true })
  await at.ended(ids)
  const judge = async () => (await orchestrator.list()).find(({ id }) => !ids.includes(id))
  await expect.poll(async () => (await judge())?.state.phase, { timeout: 30_000 }).toBe('working')
  const { id } = (await judge()) ?? expect.fail('there is a judge')
  await expect.poll(async () => await at.hasResult(id), { timeout: 30_000 }).toBe(true)
  await orchestrator.cancel(id)
  await at.ended([id])
  for (const one of ids) expect(await at.reason(one)).toMatchObject({ reason: 'awaiting_choice' })
  expect((await orchestrator.get(ids[0] as TaskId)).chosen).toBe(false)
})

test('where a person merges one without choosing, the others wait no more', async () => {
  await using at = await world()
  const { orchestrator } = at
  const ids = await orchestrator.runAttempts({ ...request, count: 2 })
  await at.ended(ids)
  const [first, second] = ids as [TaskId, TaskId]
  expect(await orchestrator.merge(first, 'person')).toMatchObject({ kind: 'merged' })
  await expect.poll(() => at.reason(second)).toMatchObject({ reason: 'not_chosen' })
})

test('before all have ended there is no choice, and attempts come after no others', async () => {
  await using at = await world()
  const { orchestrator } = at
  const ids = await orchestrator.runAttempts({ ...request, count: 2 })
  const [first] = ids as [TaskId]
  await expect(orchestrator.choose(first, 'person')).rejects.toMatchObject({ code: 'task-busy' })
  await expect(orchestrator.runAttempts({ ...request, count: 2, after: [first] })).rejects.toMatchObject({
    code: 'argument-invalid',
  })
  await at.ended(ids)
  const single = await orchestrator.run(request)
  await at.ended([single])
  await expect(orchestrator.choose(single, 'person')).rejects.toMatchObject({ code: 'argument-invalid' })
})
