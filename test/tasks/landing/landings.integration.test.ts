import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { registerRepository } from '../../../main/settings/repositories.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { guestThatChecks } from '../../support/machines/checking-guest.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { until } from '../../support/until.ts'

/** At most one part may be there; each check leaves a line outside of all clones. */
async function project(check: string, { landing = 'direct' as 'direct' | 'train', before = '' } = {}) {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const counted = join(root, 'counted')
  await writeFile(counted, '')
  await registerRepository(join(root, 'home'), {
    path: repo,
    check: `echo "$PWD" >>'${counted}'; ${check.replaceAll('ROOT', root)}`,
    landing,
  })
  const guest = guestThatChecks(before.replaceAll('ROOT', root))
  const setup = await startOrchestrator({ root, guest })
  const { orchestrator } = setup
  const run = (description: string) => orchestrator.run({ description, repo: 'project' })
  const release = (name: string) => writeFile(join(root, name), '')
  const toWork = (ids: readonly TaskId[]) =>
    until(async () =>
      (await Promise.all(ids.map((id) => orchestrator.get(id)))).every(({ state }) => state.phase === 'working'),
    )
  const moveBranch = () => commitFiles(repo, { 'users.txt': 'mine\n' }, 'By the user')
  /** A task that waits for `go`, and the commit that the branch moved to meanwhile. */
  async function overtaken() {
    const id = await run(adds(root, 'one'))
    await toWork([id])
    return { id, tip: await moveBranch() }
  }
  return {
    ...{ root, repo, guest, home: setup.home, orchestrator, run, release, overtaken },
    /** One whose work is being checked on the branch that moved. */
    checking: async () => {
      const task = await overtaken()
      await release('go')
      await until(() => orchestrator.landing(task.id)?.kind === 'checks')
      return task
    },
    /** Tasks at work, of which each waits for `go-NAME`. */
    atWork: async (names: readonly string[]) => {
      const ids: TaskId[] = []
      for (const name of names) ids.push(await run(adds(root, name, `go-${name}`)))
      await toWork(ids)
      return ids
    },
    /** Moves the branch, and lets the tasks end one after the other, so that their works come in that order. */
    releaseInTurn: async (names: readonly string[], ids: readonly TaskId[]) => {
      await moveBranch()
      for (const [index, name] of names.entries()) {
        await release(`go-${name}`)
        await until(() => orchestrator.landing(ids[index] as TaskId) !== null)
      }
    },
    end: async (id: TaskId) => taskView(await untilEnded(orchestrator, id)),
    /** How many checks ran in machines that did nothing else. */
    alone: async () => (await readFile(counted, 'utf8')).split('\n').filter((line) => line.includes('/check/')).length,
    [Symbol.asyncDispose]: () => setup[Symbol.asyncDispose](),
  }
}

/** Both wait for the test, so that they start from one commit. */
const adds = (root: string, name: string, gate = 'go') =>
  `until [ -e '${root}/${gate}' ]; do sleep 0.02; done; echo ${name} >${name}.part`

const oneAlone = 'ls; test "$(ls *.part | wc -l)" -le 1'

describe('under a check policy', () => {
  test('work that is green alone and red with what landed meanwhile never reaches the branch, and its output is told', async () => {
    await using world = await project(oneAlone)
    const { root, repo } = world
    const one = await world.run(adds(root, 'one', 'first'))
    const two = await world.run(adds(root, 'two', 'second'))
    await world.release('first')
    expect((await world.end(one)).merge_result).toMatchObject({ merged: true, method: 'fast-forward' })
    expect(await world.alone()).toBe(0)
    const before = await gitIn(repo, ['rev-parse', 'main'])
    await world.release('second')
    const view = await world.end(two)
    expect(view).toMatchObject({
      status: 'completed',
      task_ref: `refs/tasks/${two}`,
      result: { check: { exit_code: 0 } },
      merge_result: {
        ...{ merged: false, reason: 'check_failed' },
        detail: expect.stringMatching(/^'.*' failed \(exit status 1\) on the work as it would be on main/),
        check: { exit_code: 1, output: expect.stringContaining('one.part\ntwo.part') },
      },
    })
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(before)
    expect(await world.alone()).toBe(1)
    expect(await gitIn(repo, ['for-each-ref', '--format=%(refname)', 'refs/tasks'])).toBe(`refs/tasks/${two}`)
    expect(existsSync(join(taskFiles(world.home, two).folder, 'check'))).toBe(false)
    // A person may merge it all the same.
    expect(await world.orchestrator.merge(two, 'person')).toMatchObject({ kind: 'merged' })
  })

  test('work is checked again on the branch that moved, and lands as the very commit that was checked', async () => {
    await using world = await project('true')
    const { repo } = world
    const { id } = await world.overtaken()
    await world.release('go')
    const { merge_result } = await world.end(id)
    const tip = await gitIn(repo, ['rev-parse', 'main'])
    expect(merge_result).toMatchObject({ merged: true, method: 'rebase', check: { exit_code: 0, commit: tip } })
    expect(await world.alone()).toBe(1)
    expect(await subjectsOf(repo)).toEqual([expect.stringContaining('one'), 'By the user', expect.any(String)])
    expect(await gitIn(repo, ['status', '--porcelain', '--', '.', ':!.microvm'])).toBe('')
  })

  test('the same files are not checked twice, but where a client asks again after a failure', async () => {
    await using world = await project('test ! -e ROOT/red')
    const { root, repo, orchestrator } = world
    const { id } = await world.overtaken()
    await writeFile(join(repo, 'one.part'), 'in the way')
    await world.release('go')
    expect((await world.end(id)).merge_result).toMatchObject({
      ...{ reason: 'local_changes', check: { exit_code: 0 } },
    })
    await world.release('red')
    expect(await orchestrator.merge(id, 'client')).toMatchObject({ reason: 'local_changes', check: { isKnown: true } })
    expect(await world.alone()).toBe(1)
    await rm(join(repo, 'one.part'))
    await commitFiles(repo, { 'more.txt': 'mine\n' }, 'More by the user')
    for (const checks of [2, 3]) {
      expect(await orchestrator.merge(id, 'client')).toMatchObject({ reason: 'check_failed', check: { exitCode: 1 } })
      expect(await world.alone()).toBe(checks)
    }
    await rm(join(root, 'red'))
    expect(await orchestrator.merge(id, 'client')).toMatchObject({ kind: 'merged', check: { exitCode: 0 } })
  })

  test('a check that cannot be run keeps the work off the branch, and says why', async () => {
    await using world = await project('true', { before: 'exit 3' })
    const { repo } = world
    const { id, tip } = await world.overtaken()
    await world.release('go')
    expect((await world.end(id)).merge_result).toMatchObject({
      ...{ merged: false, reason: 'check_failed' },
      detail: expect.stringContaining('could not be run on the work as it would be on main'),
    })
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(tip)
  })

  test('a policy that was made stricter while the work was checked holds: it waits for a person', async () => {
    await using world = await project('true', { before: 'until [ -e ROOT/checked ]; do sleep 0.02; done' })
    const { repo, home } = world
    const { id, tip } = await world.checking()
    await registerRepository(home, { path: repo, merge: 'review' })
    await world.release('checked')
    expect((await world.end(id)).merge_result).toMatchObject({ merged: false, reason: 'awaiting_review' })
    expect(await gitIn(repo, ['rev-parse', 'main'])).toBe(tip)
  })

  test('what is being checked when the server ends is checked again at the next start, and lands once', async () => {
    const world = await project('true', { before: 'until [ -e ROOT/checked ]; do sleep 0.02; done' })
    const { root, repo, orchestrator } = world
    const { id } = await world.checking()
    expect(orchestrator.landing(id)).toEqual({ kind: 'checks', position: 1, of: 1, ahead: 0 })
    await world[Symbol.asyncDispose]()
    expect((await orchestrator.get(id)).state.phase).toBe('merging')
    await world.release('checked')
    await using next = await startOrchestrator({ root, guest: world.guest })
    expect(taskView(await untilEnded(next.orchestrator, id)).merge_result).toMatchObject({ merged: true })
    expect((await subjectsOf(repo)).length).toBe(3)
  })
})

test('a cancel that the server does not live to answer is no promise: the next start lands the work, and else it stays off', async () => {
  const world = await project('true', { before: 'until [ -e ROOT/checked ]; do sleep 0.02; done' })
  const { root, orchestrator } = world
  const { id } = await world.checking()
  const answer = orchestrator.cancel(id).then(
    () => 'withdrawn',
    ({ code }) => code,
  )
  await world[Symbol.asyncDispose]()
  await world.release('checked')
  await using next = await startOrchestrator({ root, guest: world.guest })
  const { merge_result } = taskView(await untilEnded(next.orchestrator, id))
  if ((await answer) === 'withdrawn') expect(merge_result).toMatchObject({ merged: false, reason: 'withdrawn' })
  else {
    expect(await answer).toBe('interrupted')
    expect(merge_result).toMatchObject({ merged: true })
  }
})

describe('a train', () => {
  test('has works checked on top of each other at the same time, in the order in which they came', async () => {
    const gates = 'touch ROOT/at-$(ls *.part | tr -d "\\n"); until [ -e ROOT/checked ]; do sleep 0.02; done'
    await using world = await project('true', { landing: 'train', before: gates })
    const { root, repo, orchestrator } = world
    const names = ['a', 'b', 'c', 'd']
    const ids = await world.atWork(names)
    await world.releaseInTurn(names, ids)
    // Each is checked on top of those before it, all at once.
    await until(() => existsSync(join(root, 'at-a.partb.partc.partd.part')))
    for (const part of ['a.part', 'a.partb.part', 'a.partb.partc.part'])
      expect(existsSync(join(root, `at-${part}`))).toBe(true)
    expect(ids.map((id) => orchestrator.landing(id))).toEqual(
      ids.map((_, ahead) => ({ kind: 'checks', position: ahead + 1, of: 4, ahead })),
    )
    await world.release('checked')
    const views = []
    for (const id of ids) views.push((await world.end(id)).merge_result)
    expect(views).toEqual(names.map(() => expect.objectContaining({ merged: true, check: expect.anything() })))
    expect(await world.alone()).toBe(4)
    const landed = (await subjectsOf(repo)).slice(0, 4).map((subject) => subject.replace(/\.part$/, '').at(-1))
    expect(landed).toEqual(['d', 'c', 'b', 'a'])
  })

  test('goes on without a work that its user takes out, whose machine ends, and which can be merged later', async () => {
    const gates = 'touch ROOT/at-$(ls *.part | tr -d "\\n"); until [ -e ROOT/checked ]; do sleep 0.02; done'
    await using world = await project('true', { landing: 'train', before: gates })
    const { root, repo, orchestrator } = world
    const names = ['a', 'b', 'c']
    const ids = await world.atWork(names)
    const [a, b, c] = ids as [TaskId, TaskId, TaskId]
    await world.releaseInTurn(names, ids)
    await until(() => existsSync(join(root, 'at-a.partb.partc.part')) && existsSync(join(root, 'at-a.partb.part')))

    await Promise.all([orchestrator.cancel(b), orchestrator.cancel(b)])
    expect(orchestrator.landing(b)).toBeNull()
    expect(orchestrator.slots().some(({ taskId }) => taskId === b)).toBe(false)
    expect(existsSync(join(taskFiles(world.home, b).folder, 'check'))).toBe(false)
    const view = await world.end(b)
    expect(view).toMatchObject({
      ...{ status: 'completed', task_ref: `refs/tasks/${b}` },
      merge_result: {
        ...{ merged: false, reason: 'withdrawn' },
        detail: `It was taken out of what lands. The work waits at refs/tasks/${b}`,
      },
    })
    await orchestrator.cancel(b) // It may be asked for again.
    expect(await gitIn(repo, ['for-each-ref', '--format=%(refname)', `refs/tasks/${b}*`])).toBe(`refs/tasks/${b}`)
    // What was on top of it is checked without it.
    await until(() => existsSync(join(root, 'at-a.partc.part')))
    await world.release('checked')
    for (const id of [a, c]) expect((await world.end(id)).merge_result).toMatchObject({ merged: true })
    expect(
      (await gitIn(repo, ['ls-tree', '--name-only', 'main'])).split('\n').filter((name) => name.endsWith('.part')),
    ).toEqual(['a.part', 'c.part'])
    await expect(orchestrator.cancel(a)).rejects.toMatchObject({ code: 'task-ended' })

    // A client may bring it there after all, and take it out once more.
    await rm(join(root, 'checked'))
    const told: (string | undefined)[] = []
    const unwatch = orchestrator.watch((id) => id === b && told.push(orchestrator.landing(b)?.kind))
    const again = orchestrator.merge(b, 'client')
    await until(() => told.at(-1) === 'checks') // Who shows the task is told, though it has ended.
    await orchestrator.cancel(b)
    expect(await again).toMatchObject({ kind: 'unmerged', reason: 'withdrawn' })
    await until(() => told.at(-1) === undefined)
    unwatch()
    await world.release('checked')
    expect(await orchestrator.merge(b, 'client')).toMatchObject({ kind: 'merged', check: { exitCode: 0 } })
  })

  test('puts out a work that is red on top of another one, with its output, and the others land', async () => {
    await using world = await project('ls; test ! -e a.part -o ! -e b.part', { landing: 'train' })
    const { repo } = world
    const names = ['a', 'b', 'c']
    const ids = await world.atWork(names)
    for (const name of names) await world.release(`go-${name}`)
    const views = []
    for (const id of ids) views.push((await world.end(id)).merge_result)
    const [a, b, c] = views
    expect(c).toMatchObject({ merged: true })
    expect([a, b].filter((one) => one?.merged)).toHaveLength(1)
    expect([a, b].find((one) => !one?.merged)).toMatchObject({
      ...{ reason: 'check_failed', check: { exit_code: 1, output: expect.stringContaining('a.part\nb.part') } },
    })
    expect((await subjectsOf(repo)).length).toBe(3)
  })
})
