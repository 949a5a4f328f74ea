import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { TaskId } from '../../../main/core/task/task.ts'
import { taskView } from '../../../main/core/task/view.ts'
import { pathExists } from '../../../main/lib/files/look.ts'
import { taskFiles } from '../../../main/tasks/record/task-files.ts'
import { commitFiles, gitIn, subjectsOf } from '../../support/git/repositories.ts'
import { commits, guestWithMemory, keptSession } from '../../support/machines/continued-guest.ts'
import { registeredRepository, startOrchestrator, untilEnded } from '../../support/orchestrator.ts'
import { temporaryFolder } from '../../support/temporary.ts'

type Setup = Awaited<ReturnType<typeof startOrchestrator>>

const ended = async ({ orchestrator }: Setup, description = 'work') => {
  const id = await orchestrator.run({ description, repo: 'project' })
  await untilEnded(orchestrator, id)
  return id
}

/** Its next end. */
const continued = async ({ orchestrator }: Setup, id: TaskId, text = 'more') => {
  await orchestrator.continue(id, { text })
  return taskView(await untilEnded(orchestrator, id))
}

test('a merged task goes on in its clone and session: its new commits are merged, its end is told again, and nothing is counted twice', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const guest = guestWithMemory(commits('one'), `[ "$(cat one)" = text ]\n${commits('two', '$TOLD')}`)
  await using setup = await startOrchestrator({ root, guest })
  const { orchestrator, events } = setup
  const id = await ended(setup)
  expect(taskView(await orchestrator.get(id)).result).toMatchObject({ cost_usd: 0.5, input_tokens: 100, turns: 2 })
  await commitFiles(repo, { user: 'mine\n' }, 'Mine')

  // Once it has a slot, nothing of the former guest can be taken for the next one's, wherever a crash comes.
  const left: boolean[] = []
  const { share } = taskFiles(setup.home, id)
  const unwatch = orchestrator.watch((_id, task) => {
    if (task?.state.phase === 'booting')
      left.push(existsSync(join(share, 'started')), existsSync(join(share, 'result.json')))
  })
  await orchestrator.continue(id, { text: '/now the second', owner: 'another' })
  expect((await orchestrator.list()).filter((task) => task.id === id)).toHaveLength(1)
  const view = taskView(await untilEnded(orchestrator, id))
  unwatch()
  expect(left.slice(0, 2)).toEqual([false, false])
  expect(view).toMatchObject({
    status: 'completed',
    result: { success: true, cost_usd: 1, input_tokens: 200, output_tokens: 40, turns: 4 },
    merge_result: { merged: true, commits: 1 },
    continued_with: '/now the second',
    task_ref: null,
  })
  expect((await subjectsOf(repo)).slice(0, 3)).toEqual(['Add two', 'Mine', 'Add one'])
  expect(await readFile(join(repo, 'two'), 'utf8')).toBe('/now the second\n')
  expect(await gitIn(repo, ['for-each-ref', 'refs/tasks'])).toBe('')
  expect(await readFile(join(taskFiles(setup.home, id).share, 'given'), 'utf8')).toBe(
    `MICROVM_RESUME_SESSION=${keptSession}\n`,
  )
  expect(events.read(0)).toMatchObject([
    { taskId: id, owner: null, result: { cost_usd: 0.5 } },
    { taskId: id, owner: 'another', result: { cost_usd: 1 }, mergeResult: { commits: 1 } },
  ])
  expect(await continued(setup, id)).toMatchObject({ result: { cost_usd: 1.5 }, merge_result: { merged: true } })
  expect(events.read(0)).toHaveLength(3)
})

test('files that were left uncommitted and merged collide with nothing when the agent goes on with them', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  // What the runner does with the subject: see the tests of the runner.
  const next = `git add -A; git commit -q -m "$(grep -z WIP_SUBJECT $SHARE/environment | tr -d '\\0' | cut -d= -f2-)"\necho more >> left; git commit -qam More`
  await using setup = await startOrchestrator({ root, guest: guestWithMemory('echo left > left', next) })
  const id = await ended(setup)
  await commitFiles(repo, { user: 'mine\n' }, 'Mine')
  expect(await continued(setup, id)).toMatchObject({ merge_result: { merged: true, commits: 1 } })
  expect((await subjectsOf(repo)).slice(0, 3)).toEqual(['More', 'Mine', `WIP: uncommitted work of task ${id}`])
  expect(await readFile(join(repo, 'left'), 'utf8')).toBe('left\nmore\n')
})

test('a task goes on after a failure and after a conflict, and its work is merged by the same rules', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const collide = `(cd ${repo} && echo mine > one && git add one && git commit -qm Mine)`
  const first = `${commits('one')}; if grep -q collide $SHARE/task.md; then ${collide}; else touch $SHARE/failed; fi`
  await using setup = await startOrchestrator({
    root,
    guest: guestWithMemory(first, 'git mv one two; git commit -qm Moved'),
  })
  const failed = await ended(setup)
  expect(taskView(await setup.orchestrator.get(failed))).toMatchObject({ status: 'failed', error: 'It gave up' })
  expect(await continued(setup, failed)).toMatchObject({
    ...{ status: 'completed', error: null, result: { cost_usd: 1 }, merge_result: { merged: true, commits: 2 } },
  })
  await gitIn(repo, ['rm', '-q', 'two'])
  await gitIn(repo, ['commit', '-qm', 'Away'])

  const id = await ended(setup, 'collide')
  expect(taskView(await setup.orchestrator.get(id))).toMatchObject({ merge_result: { reason: 'conflicts' } })
  expect(await continued(setup, id)).toMatchObject({ result: { cost_usd: 1 }, merge_result: { reason: 'conflicts' } })
  expect(await gitIn(repo, ['show', `refs/tasks/${id}:two`])).toBe('text')
  await gitIn(repo, ['rm', '-q', 'one'])
  await gitIn(repo, ['commit', '-qm', 'Away'])
  expect(await setup.orchestrator.merge(id, 'client')).toMatchObject({ kind: 'merged', commits: 2 })
  expect((await subjectsOf(repo))[0]).toBe('Moved')
})

test('of two wishes at once one is granted; a task that has not ended, has no clone or has used up its limits does not go on', async () => {
  const root = await temporaryFolder()
  await registeredRepository(root)
  let isPaused = false
  const guest = guestWithMemory(commits('one'), commits('two'))
  await using setup = await startOrchestrator({ root, guest, queue: true, isQueuePaused: () => isPaused })
  const { orchestrator, home, events } = setup
  const id = await ended(setup)
  isPaused = true
  const wishes = ['a', 'b', 'c'].map((text) => orchestrator.continue(id, { text }))
  const answers = (await Promise.allSettled(wishes)).map((answer) => answer.status === 'rejected' && answer.reason.code)
  expect(answers.toSorted()).toEqual([false, 'task-busy', 'task-busy'])
  await expect(orchestrator.continue(id, { text: 'd' })).rejects.toMatchObject({ code: 'task-busy' })
  await expect(orchestrator.cleanup(id, { deleteRef: true, by: 'person' })).rejects.toMatchObject({ code: 'task-busy' })
  expect(taskView(await orchestrator.get(id))).toMatchObject({ status: 'pending', result: null, merge_result: null })
  expect((await orchestrator.prune({ by: 'person', dryRun: false, keepDays: 0 })).tasks).toEqual([])
  expect(orchestrator.queuePosition(id)).toBe(1)
  expect(await readFile(join(home, 'unfinished.json'), 'utf8')).toContain(id)

  // It came to nothing: what was known of its work holds again.
  await orchestrator.cancel(id)
  expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({
    ...{ status: 'failed', error: 'Cancelled', task_ref: null },
    ...{ result: { cost_usd: 0.5 }, merge_result: { merged: true, commits: 1 } },
  })
  expect(events.read(0)).toHaveLength(2)
  // As soon as anybody can see that it goes on, it can be cancelled.
  const cancels = new Promise<void>((resolve) => {
    const unwatch = orchestrator.watch((changed, task) => {
      if (changed !== id || task?.state.phase !== 'parked') return
      unwatch()
      resolve(orchestrator.cancel(id))
    })
  })
  await orchestrator.continue(id, { text: 'd' })
  await cancels
  await untilEnded(orchestrator, id)
  expect(events.read(0)).toHaveLength(3)

  await expect(orchestrator.continue(id, { text: 'd', caps: { maxCostUsd: 0.5 } })).rejects.toMatchObject({
    code: 'cost-limit',
    message: `Task ${id} has cost $0.50 of its limit of $0.5`,
  })
  await expect(orchestrator.continue(id, { text: 'd', caps: { maxTokens: 100 } })).rejects.toMatchObject({
    code: 'token-limit',
  })
  await expect(orchestrator.continue(id, { text: ' ' })).rejects.toMatchObject({ code: 'description-invalid' })
  isPaused = false
  const files = taskFiles(home, id)
  await orchestrator.continue(id, { text: 'd', caps: { maxCostUsd: 2 } })
  expect(taskView(await untilEnded(orchestrator, id))).toMatchObject({ status: 'completed', result: { cost_usd: 1 } })
  expect(await readFile(join(files.share, 'given'), 'utf8')).toContain('MICROVM_MAX_BUDGET_USD=1.5\n')
  await rm(files.repo, { recursive: true })
  await expect(orchestrator.continue(id, { text: 'e' })).rejects.toMatchObject({
    code: 'task-ended',
    message: `Task ${id} has no clone to go on in`,
  })
  expect(await pathExists(files.events)).toBe(true)
})

test('work that a person decided against comes onto the branch by no wish of a client: it waits for a review', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const guest = guestWithMemory(`${commits('one')}; touch $SHARE/failed`, commits('two'))
  await using setup = await startOrchestrator({ root, guest })
  const id = await ended(setup)
  await setup.orchestrator.reviews.reject(id, { dropRef: true })
  expect(await continued(setup, id)).toMatchObject({ merge_result: { merged: false, reason: 'awaiting_review' } })
  expect(await subjectsOf(repo)).not.toContain('Add one')
  expect(await gitIn(repo, ['show', `refs/tasks/${id}:two`])).toBe('text')
})

test('wherever the server is killed, the next one has the task go on or end, tells its end once, and counts nothing twice', async () => {
  const root = await temporaryFolder()
  const repo = await registeredRepository(root)
  const guest = guestWithMemory(commits('one'), `${commits('two')} || true`)
  const { id, files, log } = await (async () => {
    await using setup = await startOrchestrator({ root, guest })
    const id = await ended(setup)
    await continued(setup, id)
    return { id, files: taskFiles(setup.home, id), log: join(setup.home, 'events.jsonl') }
  })()
  const lines = (await readFile(files.events, 'utf8')).trimEnd().split('\n')
  const ends = (await readFile(log, 'utf8')).trimEnd().split('\n')
  expect(ends).toHaveLength(2)
  const typeOf = (line = ''): string => (JSON.parse(line) as { type: string }).type
  const from = lines.findIndex((line) => typeOf(line) === 'continued')
  expect(from).toBeGreaterThan(0)
  const seen: string[] = []
  for (let count = from + 1; count < lines.length; count += 1) {
    const last = typeOf(lines[count - 1])
    seen.push(last)
    await writeFile(files.events, `${lines.slice(0, count).join('\n')}\n`)
    // The last of them crashed between the log and the record.
    if (last !== 'finished') await writeFile(log, `${ends[0]}\n`)
    else await writeFile(log, `${ends.join('\n')}\n`)
    if (last === 'slot-leased') {
      for (const name of ['started', 'result.json']) await rm(join(files.share, name), { force: true })
    }
    await using setup = await startOrchestrator({ root, guest })
    const view = taskView(await untilEnded(setup.orchestrator, id))
    expect({ last, view }).toMatchObject({
      view: {
        status: 'completed',
        result: { input_tokens: 200, turns: 4 },
        merge_result: { merged: true, commits: 1 },
      },
    })
    expect({ last, ends: setup.events.read(0).length }).toEqual({ last, ends: 2 })
    expect(setup.orchestrator.slots().every(({ taskId }) => taskId === null)).toBe(true)
  }
  // On a busy host a guest this quick can be over before it is seen to have begun.
  expect(seen.filter((type) => type !== 'agent-started')).toEqual([
    ...['continued', 'slot-leased', 'machine-started', 'machine-exited', 'salvaged'],
    ...['result-read', 'merge-tried', 'finished'],
  ])
  expect((await subjectsOf(repo)).filter((subject) => subject === 'Add two')).toHaveLength(1)
})
