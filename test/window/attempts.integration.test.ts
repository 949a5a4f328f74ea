import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isOver } from '../../main/core/task/task-brief.ts'
import { registerRepository } from '../../main/settings/repositories.ts'
import { needing } from '../../preload/task-needs.ts'
import { guestThatAttempts } from '../support/machines/attempting-guest.ts'
import { registeredRepository } from '../support/orchestrator.ts'
import { until } from '../support/until.ts'
import { startWindowService } from '../support/window/window-service.ts'

test('the window shows attempts beside each other with their judge, and chooses one', async () => {
  const { root, service, tasks } = await startWindowService({ guest: guestThatAttempts('2') })
  const repo = await registeredRepository(root)
  await registerRepository(join(root, 'home'), { path: repo, merge: 'review' })
  const { calls } = service
  const signal = new AbortController().signal
  const request = { repo: 'project', description: 'Greet', attempts: 3, models: ['one', 'two', 'bad'], judge: true }
  const { id } = await calls.runTask(request, signal)
  const view = () => calls.attempts({ id }, signal)
  await until(async () => (await view()).choice === 'chosen')
  // Its end is told once its choice is on record.
  await until(async () => (await tasks.list()).some((task) => task.judges !== undefined && isOver(task)))
  const { attempts, judge, startCommit } = await view()
  expect(startCommit).toMatch(/^[0-9a-f]{40}$/)
  expect(judge).toMatchObject({ said: 'They differ.\nCHOICE: 2', choice: { number: 2, task: attempts[1]?.row.id } })
  expect(attempts.map(({ number, model, row }) => [number, model, row.attempt?.as])).toEqual([
    [1, 'one', 'candidate'],
    [2, 'two', 'chosen'],
    [3, 'bad', 'candidate'],
  ])
  expect(attempts[0]?.changes).toEqual({
    ...{ commits: 1, added: 1, removed: 0, fileCount: 1 },
    files: [{ path: 'greeting.txt', status: 'added', added: 1, removed: 0, binary: false }],
  })
  // Under review the choice of a judge waits for a person, and nothing else of them does.
  const snapshot = await calls.snapshot({}, signal)
  expect(needing(snapshot.tasks).map((row) => row.id)).toEqual([attempts[1]?.row.id])
  await expect(calls.chooseAttempt({ id: attempts[0]?.row.id ?? '' }, signal)).rejects.toMatchObject({
    ...{ code: 'task-ended' },
  })
  const chosen = attempts[1]?.row.id ?? ''
  expect(await calls.chooseAttempt({ id: chosen }, signal)).toMatchObject({ merged: false, reason: 'awaiting_review' })
  expect(await calls.mergeTask({ id: chosen }, signal)).toMatchObject({ merged: true })
  expect(needing((await calls.snapshot({}, signal)).tasks)).toEqual([])

  const single = await calls.runTask({ repo: 'project', description: 'Greet' }, signal)
  await expect(calls.attempts(single, signal)).rejects.toMatchObject({ code: 'argument-invalid' })
})
